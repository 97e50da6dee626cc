import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@semibot/service';
import { isDatabaseAway } from './database.ts';

/** Short to the end: a runtime that died waits for this, and a database that restarts is back in a second or two. */
const DELAYS_MS = [50, 100, 200, 400] as const;

/**
 * Does what nobody waits for: again and again while the database is away, until the signal aborts. Never rejects;
 * any other failure is logged and ends it.
 */
export async function persistently(
  what: string,
  work: () => Promise<unknown>,
  { signal, logger }: { signal: AbortSignal; logger: Logger },
): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      await work();
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (!isDatabaseAway(error)) {
        logger.error({ err: error }, `${what} failed`);
        return;
      }
      if (attempt === 0) logger.warn({ err: error }, `${what} waits for the database`);
    }
    await delay(DELAYS_MS[Math.min(attempt, DELAYS_MS.length - 1)], undefined, { signal }).catch(() => {});
  }
}
