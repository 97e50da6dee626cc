import type { User } from '@semibot/protocol';
import { useEffect, useRef, useState } from 'react';
import type { Account } from '../api/account.ts';
import type { PendingMessage } from '../fold/pending.ts';
import { createSessionListStore } from '../sessions/session-list-store.ts';
import { NewChatView } from './new-chat-view.tsx';
import { goTo, useSessionId } from './route.ts';
import { SessionChat } from './session-chat.tsx';
import { SessionListView } from './session-list-view.tsx';
import { useLiving } from './use-living.ts';

/** What a signed-in person works in: the list of sessions and the one that the address names. */
export function Workspace({ account, user }: { account: Account; user: User }) {
  const sessionId = useSessionId();
  const list = useLiving(() => createSessionListStore(account));
  const [listOpen, setListOpen] = useState(false);
  /** What had the focus before the list lay over the page. */
  const opener = useRef<Element | null>(null);
  /** First messages that were accepted before their session's view was there. */
  const accepted = useRef(new Map<string, PendingMessage[]>());

  useEffect(() => {
    if (!list) return;
    const refresh = () => {
      if (!document.hidden) list.refresh();
    };
    addEventListener('focus', refresh);
    document.addEventListener('visibilitychange', refresh);
    return () => {
      removeEventListener('focus', refresh);
      document.removeEventListener('visibilitychange', refresh);
    };
  }, [list]);

  if (!list) return null;
  const showList = () => {
    opener.current = document.activeElement;
    setListOpen(true);
  };
  const hideList = () => {
    setListOpen(false);
    if (listOpen && opener.current instanceof HTMLElement) opener.current.focus();
  };
  return (
    <div className="workspace" data-list-open={listOpen}>
      <SessionListView
        account={account}
        user={user}
        store={list}
        sessionId={sessionId}
        open={listOpen}
        onClose={hideList}
      />
      {sessionId ? (
        <SessionChat
          key={sessionId}
          account={account}
          sessionId={sessionId}
          list={list}
          accepted={accepted.current.get(sessionId) ?? []}
          onShowList={showList}
        />
      ) : (
        <NewChatView
          account={account}
          onShowList={showList}
          onStarted={(startedId, first) => {
            accepted.current.set(startedId, [first]);
            list.refresh();
            goTo(startedId, 'replace');
          }}
        />
      )}
    </div>
  );
}
