import { isTerminal, type SessionEvent } from '@semibot/protocol';
import { freshKey } from '../api/fresh-key.ts';
import { persist } from '../api/persist.ts';
import { RequestFailure } from '../api/request-failure.ts';
import type { Answer } from '../fold/answer.ts';
import { type MessageMode, newPending, type PendingMessage, presume, stillPending } from '../fold/pending.ts';
import { activeRuns, type Entry, sessionEntries } from '../fold/session-entries.ts';
import type { Connection } from '../stream/follow-events.ts';
import { createOutbox } from './outbox.ts';
import type { SessionApi } from './session-api.ts';
import { createSessionLog } from './session-log.ts';
import { readOutbox, writeOutbox } from './stored-outbox.ts';
import { createThrottle } from './throttle.ts';

/** The page is drawn anew at most once in this time, however fast an answer comes. */
const DRAW_INTERVAL_MS = 33;
/** Stopping a run is tried for this long. */
const STOP_GIVE_UP_AFTER_MS = 30_000;

/** A session as it is shown. */
export interface SessionView {
  loaded: boolean;
  /** Why the API will not show it. Status 404: it was deleted, or never was this user's. */
  refused: RequestFailure | null;
  entries: readonly Entry[];
  /** Runs that have not ended, oldest first. */
  active: readonly Answer[];
  pending: readonly PendingMessage[];
  connection: Connection;
  hasEarlier: boolean;
  /** Runs that a person has stopped; they may not have ended yet. */
  stopping: ReadonlySet<string>;
  /** Why the last thing that was asked for here did not work, for people; '' where nobody answered. */
  problem: string | null;
}

export interface SessionStore {
  readonly view: SessionView;
  subscribe(listener: () => void): () => void;
  send(text: string, mode: MessageMode): void;
  retry(key: string): void;
  discard(key: string): void;
  stop(runId: string): Promise<void>;
  loadEarlier(): Promise<void>;
  reconnectNow(): void;
  close(): void;
}

export interface SessionStoreOptions {
  sessionId: string;
  api: SessionApi;
  /** Messages that were accepted before this view of the session was opened. */
  accepted: readonly PendingMessage[];
  /** A run began or ended: the list of sessions may read differently now. */
  onActivity(): void;
}

/** One open session: what is shown of it, and what a person can do in it. */
export function createSessionStore(options: SessionStoreOptions): SessionStore {
  const { sessionId, api } = options;
  const closing = new AbortController();
  const listeners = new Set<() => void>();
  const stopping = new Set<string>();
  let refused: RequestFailure | null = null;
  let connection: Connection = { name: 'connecting' };
  let problem: string | null = null;

  const draw = createThrottle(() => {
    view = look();
    for (const listener of listeners) listener();
  }, DRAW_INTERVAL_MS);
  const onEvent = (event: SessionEvent) => {
    if (event.type === 'user_message') outbox.update((pending) => presume(pending, event));
    if (event.type === 'user_message' || isTerminal(event)) options.onActivity();
  };
  const outbox = createOutbox({
    initial: [...options.accepted, ...readOutbox(sessionId)],
    post: api.post,
    onChange: (pending) => {
      writeOutbox(sessionId, pending);
      draw.ask();
    },
  });
  const log = createSessionLog({
    api,
    onChange: draw.ask,
    onEvent,
    onConnection: (next) => {
      connection = next;
      draw.ask();
    },
    onRefused: (failure) => {
      refused = failure;
      draw.ask();
    },
  });
  const look = (): SessionView => {
    const entries = log.fold ? sessionEntries(log.fold) : [];
    const active = activeRuns(entries);
    const pending = stillPending(outbox.pending, log.fold?.said ?? new Map());
    const { hasEarlier } = log;
    return {
      ...{ loaded: log.fold !== null, refused, entries, active, pending },
      ...{ connection, hasEarlier, stopping: new Set(stopping), problem },
    };
  };
  let view = look();
  log.start();

  const attempt = async (work: () => Promise<unknown>) => {
    problem = null;
    draw.ask();
    try {
      await work();
      return true;
    } catch (thrown) {
      const failure = RequestFailure.from(thrown);
      if (!closing.signal.aborted) problem = failure.status === 0 ? '' : failure.message;
      draw.ask();
      return false;
    }
  };

  return {
    get view() {
      return view;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    send: (text, mode) => outbox.send(newPending(freshKey(), text, mode)),
    retry: outbox.retry,
    discard: outbox.discard,
    stop: async (runId) => {
      stopping.add(runId);
      const { signal } = closing;
      const cancel = () => api.cancel(runId);
      const done = await attempt(() => persist(cancel, { signal, giveUpAfterMs: STOP_GIVE_UP_AFTER_MS }));
      if (!done) stopping.delete(runId);
      draw.ask();
    },
    loadEarlier: async () => {
      await attempt(log.loadEarlier);
    },
    reconnectNow: log.retryNow,
    close: () => {
      closing.abort();
      draw.cancel();
      outbox.close();
      log.close();
    },
  };
}
