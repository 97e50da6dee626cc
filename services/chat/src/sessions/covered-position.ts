import type { Reader } from '../database/database.ts';
import type { SessionRow } from '../database/tables.ts';

/**
 * The place in the session's log up to which the history holds everything: what comes after it is to be read from the
 * log. While runs are active it stands before the first of them. Read it before the history, never after.
 */
export async function coveredPosition(db: Reader, session: SessionRow): Promise<number> {
  const { first } = await db
    .selectFrom('runs')
    .select((eb) => eb.fn.min('after_sequence').as('first'))
    .where('session_id', '=', session.id)
    .where('status', 'in', ['queued', 'running'])
    .executeTakeFirstOrThrow();
  return first ?? session.log_sequence;
}
