import { setTimeout as delay } from 'node:timers/promises';

/** Waits; an abort of the signal ends the wait by throwing its reason. */
export const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  delay(ms, undefined, signal ? { signal } : {});
