import { limits, ROUTES, type Session } from '@semibot/protocol';
import type { Account } from '../api/account.ts';
import { persist } from '../api/persist.ts';
import { RequestFailure } from '../api/request-failure.ts';
import { createThrottle } from '../session/throttle.ts';

/** Changes elsewhere (another tab, a generated title) are read at most this often. */
const REFRESH_INTERVAL_MS = 1_000;

export interface SessionList {
  loaded: boolean;
  sessions: readonly Session[];
  hasMore: boolean;
}

export interface SessionListStore {
  readonly list: SessionList;
  subscribe(listener: () => void): () => void;
  /** Reads what is shown anew, soon. */
  refresh(): void;
  more(): Promise<void>;
  rename(sessionId: string, title: string): Promise<void>;
  remove(sessionId: string): Promise<void>;
  close(): void;
}

/** The user's sessions, newest first, page by page. */
export function createSessionListStore(account: Account): SessionListStore {
  const closing = new AbortController();
  const listeners = new Set<() => void>();
  let list: SessionList = { loaded: false, sessions: [], hasMore: false };
  let pages = 1;

  const become = (next: SessionList) => {
    list = next;
    for (const listener of listeners) listener();
  };
  const readPage = (page: number) =>
    account.call(ROUTES.sessions.list, {
      query: { page, limit: limits.PAGE_LIMIT_MAX },
      signal: closing.signal,
    });
  const read = async () => {
    const sessions = new Map<string, Session>();
    let hasMore = false;
    for (let page = 1; page <= pages; page += 1) {
      const { data, meta } = await persist(() => readPage(page), { signal: closing.signal });
      for (const session of data) sessions.set(session.id, session);
      hasMore = meta.totalPages > page;
    }
    become({ loaded: true, sessions: [...sessions.values()], hasMore });
  };
  // A list that cannot be read now stays as it is; the chat beside it tells whether the connection is down.
  const refreshing = createThrottle(() => void read().catch(() => null), REFRESH_INTERVAL_MS);
  refreshing.ask();

  return {
    get list() {
      return list;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    refresh: refreshing.ask,
    more: async () => {
      pages += 1;
      await read();
    },
    rename: async (sessionId, title) => {
      const { data } = await account.call(ROUTES.sessions.rename, { params: { sessionId }, body: { title } });
      become({
        ...list,
        sessions: list.sessions.map((session) => (session.id === data.id ? data : session)),
      });
    },
    remove: async (sessionId) => {
      await account.call(ROUTES.sessions.remove, { params: { sessionId } }).catch((thrown) => {
        // Deleted elsewhere: what was wanted is so.
        if (RequestFailure.from(thrown).status !== 404) throw thrown;
      });
      become({ ...list, sessions: list.sessions.filter((session) => session.id !== sessionId) });
    },
    close: () => {
      closing.abort();
      refreshing.cancel();
    },
  };
}
