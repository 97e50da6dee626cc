import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { renewSettings } from './providers/settings-store.ts';
import type { ChatWork } from './work.ts';

/** How often what was left behind is looked for, in milliseconds, and how old it must be. */
const INTERVAL_MS = 1_000;
const LEFT_BEHIND_MS = 1_000;
const USERS_AT_ONCE = 100;

/**
 * Takes up what a crash or an outage left, unsent outbox rows and runs that wait for a runtime, and what is encrypted
 * under the secret key before this one.
 */
export function startSweeper(work: ChatWork, signal: AbortSignal): Promise<void> {
  const { db, box, bus, logger } = work.ctx;

  async function sweep(): Promise<void> {
    const users = await db
      .selectFrom('outbox')
      .select('user_id')
      .distinct()
      .where('created_at', '<', sql<Date>`now() - make_interval(secs => ${LEFT_BEHIND_MS / 1000})`)
      .limit(USERS_AT_ONCE)
      .execute();
    for (const { user_id: userId } of users) await work.outbox.flush(userId);
    await work.dispatcher.sweep();
    const renewed = await renewSettings(db, box);
    if (renewed > 0)
      logger.info({ renewed, keyId: box.keyId }, 'provider keys encrypted again under the new secret key');
  }

  return (async () => {
    while (!signal.aborted) {
      if (bus.isConnected())
        await sweep().catch((error) => logger.warn({ err: error }, 'sweep failed, the next one goes on'));
      await delay(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
  })();
}
