import type { Tx } from '../database/database.ts';
import type { RunRow } from '../database/tables.ts';
import { nextStep } from '../domain/next-step.ts';
import { enqueueCommand, enqueueEvent, traceOfRun } from '../outbox/enqueue.ts';

/** Locks a session, so that one decision about it is made at a time; false where there is none. */
export async function lockSession(tx: Tx, sessionId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('sessions')
    .select('id')
    .where('id', '=', sessionId)
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined;
}

/** The runtime process that takes the user's orders now; holds it until the transaction ends. */
export async function lockBoot(tx: Tx, userId: string): Promise<string | null> {
  const channel = await tx
    .selectFrom('runtime_channels')
    .select('boot_id')
    .where('user_id', '=', userId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return channel.boot_id;
}

const activeRuns = (tx: Tx, sessionId: string): Promise<RunRow[]> =>
  tx
    .selectFrom('runs')
    .selectAll()
    .where('session_id', '=', sessionId)
    .where('status', 'in', ['queued', 'running'])
    .orderBy('ordinal')
    .execute();

/** The generation rises and the log says so: from there on the older runtime cannot write. */
async function takeBack(tx: Tx, run: RunRow): Promise<void> {
  const generation = run.generation + 1;
  await tx.updateTable('runs').set({ generation, boot_id: null }).where('id', '=', run.id).execute();
  const body = { type: 'runtime_lost', reason: 'disconnected' } as const;
  await enqueueEvent(tx, run, { generation, body }, traceOfRun(run));
}

async function lease(tx: Tx, run: RunRow, bootId: string): Promise<void> {
  const generation = Math.max(run.generation, 1);
  await tx
    .updateTable('runs')
    // Whatever its reader was told of waiting is over; the next wait is told anew.
    .set({ status: 'running', generation, boot_id: bootId, pending_state: null })
    .where('id', '=', run.id)
    .execute();
  await enqueueCommand(tx, run, bootId, { type: 'run', generation }, traceOfRun(run));
}

/** What the transaction leaves to be done after it. */
export interface Advanced {
  /** A stopped run that nobody works on: to be ended from its log. */
  endCancelled: { runId: string; generation: number } | null;
}

/** Does what is next in a session that is locked, until there is nothing more to decide. */
export async function advanceSession(tx: Tx, userId: string, sessionId: string): Promise<Advanced> {
  const bootId = await lockBoot(tx, userId);
  for (;;) {
    const active = await activeRuns(tx, sessionId);
    const step = nextStep(
      active.map((run) => ({
        id: run.id,
        // Only these two are read above.
        status: run.status === 'running' ? 'running' : 'queued',
        bootId: run.boot_id,
        cancelRequested: run.cancel_requested_at !== null,
      })),
      bootId,
    );
    if (step.type === 'none') return { endCancelled: null };
    const run = active.find(({ id }) => id === step.runId);
    if (!run) return { endCancelled: null };
    if (step.type === 'end-cancelled') return { endCancelled: { runId: run.id, generation: run.generation } };
    if (step.type === 'take-back') await takeBack(tx, run);
    else if (bootId) await lease(tx, run, bootId);
  }
}
