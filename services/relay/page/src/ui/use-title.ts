import { ROUTES } from '@semibot/protocol';
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Account } from '../api/account.ts';
import { useText } from '../i18n/language.ts';
import type { SessionListStore } from '../sessions/session-list-store.ts';

/** A session's title: from the list, or asked for where the list does not reach that far. The window carries it too. */
export function useTitle(account: Account, list: SessionListStore, sessionId: string | null): string {
  const { appName, sessions: words } = useText();
  const { loaded, sessions } = useSyncExternalStore(list.subscribe, () => list.list);
  const [asked, setAsked] = useState<string | null>(null);
  const listed = sessions.find((session) => session.id === sessionId)?.title;
  const missing = loaded && listed === undefined;
  useEffect(() => {
    if (!missing || !sessionId) return;
    const leaving = new AbortController();
    account
      .call(ROUTES.sessions.get, { params: { sessionId }, signal: leaving.signal })
      .then(({ data }) => setAsked(data.title))
      // Whether the session is there at all is told by its messages.
      .catch(() => null);
    return () => leaving.abort();
  }, [account, missing, sessionId]);
  const known = listed ?? asked;
  const title = known === null ? '' : known || words.untitled;
  useEffect(() => {
    document.title = title === '' ? appName : `${title} · ${appName}`;
  }, [title, appName]);
  return title;
}
