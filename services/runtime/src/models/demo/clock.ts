import { setTimeout as delay } from 'node:timers/promises';

/** The time by which the demo model speaks. */
export interface Clock {
  /** Milliseconds; only differences mean something. */
  now(): number;
  /** Waits; an abort ends the wait at once by throwing. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, signal ? { signal } : {}),
};
