import type { Asker } from '@semibot/bus';
import { SemibotError } from '@semibot/protocol';
import type { Reader } from '../database/database.ts';
import type { RunRow } from '../database/tables.ts';

/** The asking runtime's run; NOT_FOUND where it is not its user's, RUN_STALE where it is in other hands or has ended. */
export async function leasedRun(
  db: Reader,
  asked: { runId: string; generation: number; bootId: string },
  { userId, sessionId }: Asker,
): Promise<RunRow> {
  const run = await db
    .selectFrom('runs')
    .selectAll()
    .where('id', '=', asked.runId)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  if (!run || run.session_id !== sessionId) throw new SemibotError('NOT_FOUND');
  if (run.status !== 'running' || run.generation !== asked.generation || run.boot_id !== asked.bootId)
    throw new SemibotError('RUN_STALE');
  return run;
}

/** A run as its log is read for it. */
export const loggedRun = (run: RunRow) => ({
  runId: run.id,
  userId: run.user_id,
  sessionId: run.session_id,
  afterSequence: run.after_sequence,
});
