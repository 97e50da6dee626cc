import type { Kysely } from 'kysely';
import type { GoneFact, Tables } from './database.ts';

/** Notes, in the transaction that gives a process up, that the bus must be told. Once a process. */
export async function noteGone(db: Kysely<Tables>, fact: GoneFact): Promise<void> {
  await db
    .insertInto('userVmGoneFacts')
    .values(fact)
    .onConflict((oc) => oc.doNothing())
    .execute();
}

export const untoldGoneFacts = (db: Kysely<Tables>): Promise<GoneFact[]> =>
  db.selectFrom('userVmGoneFacts').selectAll().orderBy('time').execute();

export async function forgetGone(db: Kysely<Tables>, bootId: string): Promise<void> {
  await db.deleteFrom('userVmGoneFacts').where('bootId', '=', bootId).execute();
}
