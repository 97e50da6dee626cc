import { backoffMs, pause } from './backoff.ts';
import { RequestFailure } from './request-failure.ts';

export interface Persistence {
  /** Ends the tries; what is thrown then is the last failure. */
  signal: AbortSignal;
  /** No further try is begun after this time, in milliseconds; for ever where it is left out. */
  giveUpAfterMs?: number;
  /** Told of each failure that is tried again, and how long that is waited for. */
  onWait?: (failure: RequestFailure, waitMs: number) => void;
}

/**
 * Does the work until it succeeds: a failure that may pass is tried again with backoff, or when its answer said.
 * Rejects with the RequestFailure of any other, or with the last one. The work must be safe to repeat.
 */
export async function persist<T>(work: () => Promise<T>, options: Persistence): Promise<T> {
  const { signal, giveUpAfterMs = Number.POSITIVE_INFINITY } = options;
  const startedAt = Date.now();
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (thrown) {
      const failure = RequestFailure.from(thrown);
      const waitMs = Math.max(backoffMs(attempt), failure.retryAfterMs ?? 0);
      const late = Date.now() + waitMs - startedAt > giveUpAfterMs;
      if (!failure.passing || signal.aborted || late) throw failure;
      options.onWait?.(failure, waitMs);
      await pause(waitMs, signal);
      if (signal.aborted) throw failure;
    }
  }
}
