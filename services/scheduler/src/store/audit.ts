import type { Kysely } from 'kysely';
import type { Tables } from './database.ts';

/** Kept this long, in milliseconds. */
const KEPT_MS = 30 * 24 * 3600 * 1000;

/** One who was turned away at the door of the bus. Never what they showed. */
export interface RefusalRecord {
  userId: string | null;
  instanceId: string | null;
  reason: string;
  clientAddress: string;
}

export async function recordRefusal(db: Kysely<Tables>, record: RefusalRecord): Promise<void> {
  await db.insertInto('vmAudit').values(record).execute();
}

export async function forgetOldRefusals(db: Kysely<Tables>): Promise<void> {
  await db
    .deleteFrom('vmAudit')
    .where('time', '<', new Date(Date.now() - KEPT_MS))
    .execute();
}
