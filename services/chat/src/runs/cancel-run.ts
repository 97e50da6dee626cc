import type { Tx } from '../database/database.ts';
import type { RunRow } from '../database/tables.ts';
import { enqueueCommand, traceOfRun } from '../outbox/enqueue.ts';
import type { ChatWork } from '../work.ts';
import { lockBoot, lockSession } from './advance-session.ts';
import { finishRun } from './finish-run.ts';

/**
 * Asks for a run's end, in a transaction that holds its session. The runtime that has it is told; a run that nobody
 * works on is left to the caller, who ends it from its log.
 */
export async function requestCancel(tx: Tx, run: RunRow): Promise<{ endHere: boolean }> {
  if (run.status !== 'queued' && run.status !== 'running') return { endHere: false };
  // Locked before the command number is taken, in the order in which everyone takes these locks.
  await lockBoot(tx, run.user_id);
  if (run.cancel_requested_at === null) {
    await tx.updateTable('runs').set({ cancel_requested_at: new Date() }).where('id', '=', run.id).execute();
    if (run.boot_id) await enqueueCommand(tx, run, run.boot_id, { type: 'cancel' }, traceOfRun(run));
  }
  return { endHere: run.boot_id === null };
}

/** Stops a run: idempotent, before it has begun as well as after. What it has written is kept. */
export async function cancelRun(work: ChatWork, runId: string): Promise<void> {
  const { db } = work.ctx;
  const { session_id: sessionId } = await db
    .selectFrom('runs')
    .select('session_id')
    .where('id', '=', runId)
    .executeTakeFirstOrThrow();
  const { run, endHere } = await db.transaction().execute(async (tx) => {
    await lockSession(tx, sessionId);
    const locked = await tx.selectFrom('runs').selectAll().where('id', '=', runId).executeTakeFirstOrThrow();
    return { run: locked, ...(await requestCancel(tx, locked)) };
  });
  if (endHere) await finishRun(work, { runId, generation: run.generation, ending: { type: 'cancelled' } });
  else await work.outbox.flush(run.user_id);
}
