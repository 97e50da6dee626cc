import type { SessionEvent } from '@semibot/protocol';
import { backoffMs, pause } from '../api/backoff.ts';
import { persist } from '../api/persist.ts';
import { RequestFailure } from '../api/request-failure.ts';
import {
  needsSavedAnswer,
  newSessionFold,
  refolded,
  type SessionFold,
  takeEarlier,
  takeEvent,
  takeSaved,
  untoldRuns,
} from '../fold/session-fold.ts';
import { type Connection, type Follower, followEvents, reconnecting } from '../stream/follow-events.ts';
import { parseStreamData } from '../stream/session-event.ts';
import type { SessionApi } from './session-api.ts';

/** At most so many runs that neither history nor log tells of are asked about when a session is opened. */
const UNTOLD_RUNS_MAX = 5;

export interface SessionLogOptions {
  api: SessionApi;
  /** What is shown may have changed. */
  onChange(): void;
  /** An event was news. */
  onEvent(event: SessionEvent): void;
  onConnection(connection: Connection): void;
  /** The API will not show this session: it is gone, or not this user's. */
  onRefused(failure: RequestFailure): void;
}

export interface SessionLog {
  /** History and log, folded; null until the first history is there. */
  readonly fold: SessionFold | null;
  readonly hasEarlier: boolean;
  start(): void;
  loadEarlier(): Promise<void>;
  retryNow(): void;
  close(): void;
}

/**
 * A session's history and, from the position that it covers, its log, followed for ever. Where the log cannot be
 * followed on (`resync`, or a cursor that is refused) both are read anew.
 */
export function createSessionLog(options: SessionLogOptions): SessionLog {
  const { api } = options;
  let fold: SessionFold | null = null;
  let follower: Follower | null = null;
  let round = new AbortController();
  let pages = { loaded: 0, total: 0 };
  let restarts = 0;

  const takeLine = (data: string) => {
    const event = parseStreamData(data);
    if (!event || !fold) return;
    if (event.type === 'resync') return void begin();
    try {
      if (!takeEvent(fold, event)) return;
    } catch (thrown) {
      console.error('an event could not be taken in', event.type, thrown);
      return;
    }
    options.onEvent(event);
    if (needsSavedAnswer(fold, event.runId)) void readSaved(fold);
    options.onChange();
  };
  const readSaved = async (into: SessionFold) => {
    const { signal } = round;
    const page = await persist(() => api.history(1, signal), { signal }).catch(() => null);
    if (page) takeSaved(into, page.messages);
    options.onChange();
  };
  const askUntold = async (into: SessionFold) => {
    for (const runId of untoldRuns(into, UNTOLD_RUNS_MAX)) {
      const run = await api.run(runId).catch(() => null);
      if (run) into.summaries.set(runId, run);
    }
    options.onChange();
  };

  const begin = async () => {
    follower?.close();
    round.abort();
    round = new AbortController();
    const { signal } = round;
    options.onConnection({ name: 'connecting' });
    try {
      const page = await persist(() => api.history(1, signal), {
        signal,
        onWait: (failure, waitMs) => options.onConnection(reconnecting(failure, waitMs)),
      });
      if (signal.aborted) return;
      fold = fold ? refolded(fold, page.messages) : newSessionFold(page.messages);
      pages = { loaded: 1, total: page.totalPages };
      options.onChange();
      void askUntold(fold);
      follow(page.cursor);
    } catch (thrown) {
      if (!signal.aborted) options.onRefused(RequestFailure.from(thrown));
    }
  };
  const follow = (after: string) => {
    follower = followEvents({
      after,
      open: api.events,
      onMessage: takeLine,
      onConnection: (connection) => {
        if (connection.name === 'live') restarts = 0;
        options.onConnection(connection);
      },
      onRefused: (failure) => {
        if (failure.status === 400) void beginLater();
        else options.onRefused(failure);
      },
    });
  };
  const beginLater = async () => {
    const { signal } = round;
    await pause(backoffMs(restarts++), signal);
    if (!signal.aborted) await begin();
  };

  return {
    get fold() {
      return fold;
    },
    get hasEarlier() {
      return pages.loaded < pages.total;
    },
    start: () => void begin(),
    loadEarlier: async () => {
      const into = fold;
      const { signal } = round;
      if (!into || pages.loaded >= pages.total) return;
      const page = await api.history(pages.loaded + 1, signal);
      if (into !== fold) return;
      takeEarlier(into, page.messages);
      pages = { loaded: pages.loaded + 1, total: page.totalPages };
      options.onChange();
    },
    retryNow: () => {
      if (fold) follower?.retryNow();
      else void begin();
    },
    close: () => {
      follower?.close();
      round.abort();
    },
  };
}
