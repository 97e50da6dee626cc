import { useSyncExternalStore } from 'react';

const SESSION_PATH = /^\/s\/([0-9a-f-]{36})\/?$/;
const MOVED = 'semibot:moved';

/** Where a session is on this page; null is the chat not yet begun. */
export const sessionPath = (sessionId: string | null): string => (sessionId ? `/s/${sessionId}` : '/');

/** Goes to a session, or to a new chat, without loading the page anew. */
export function goTo(sessionId: string | null, how: 'push' | 'replace' = 'push'): void {
  const path = sessionPath(sessionId);
  if (how === 'replace') history.replaceState(null, '', path);
  else if (location.pathname !== path) history.pushState(null, '', path);
  dispatchEvent(new Event(MOVED));
}

function subscribe(listener: () => void): () => void {
  for (const type of ['popstate', MOVED]) addEventListener(type, listener);
  return () => {
    for (const type of ['popstate', MOVED]) removeEventListener(type, listener);
  };
}

/** The id of the session that the address names, or null. */
export const useSessionId = (): string | null =>
  useSyncExternalStore(subscribe, () => SESSION_PATH.exec(location.pathname)?.[1] ?? null);
