import type { Kysely } from 'kysely';
import type { Tables, UntoldFact } from './database.ts';

/** Notes, in the transaction that decides it, what the bus must be told of a process. */
export async function noteFact(db: Kysely<Tables>, fact: UntoldFact): Promise<void> {
  await db
    .insertInto('userVmUntoldFacts')
    .values(fact)
    .onConflict((oc) => oc.doNothing())
    .execute();
}

export const untoldFacts = (db: Kysely<Tables>): Promise<UntoldFact[]> =>
  db.selectFrom('userVmUntoldFacts').selectAll().orderBy('time').execute();

/** It was told, or holds no more. */
export async function forgetFact(
  db: Kysely<Tables>,
  { bootId, fact }: Pick<UntoldFact, 'bootId' | 'fact'>,
): Promise<void> {
  await db.deleteFrom('userVmUntoldFacts').where('bootId', '=', bootId).where('fact', '=', fact).execute();
}
