import { type EventBody, foldedText, newId } from '@semibot/protocol';
import type { Tx } from '../database/database.ts';
import type { MessageRow, RunRow } from '../database/tables.ts';
import { enqueueEvent, traceOfRun } from '../outbox/enqueue.ts';
import type { OutboxWork } from '../outbox/flush.ts';
import { type Advanced, advanceSession, lockSession } from './advance-session.ts';
import type { Ending } from './ending.ts';
import { type RunLog, readRunLog } from './read-run-log.ts';

export interface Finish {
  runId: string;
  /** Whose word it is: an older generation's no longer counts. */
  generation: number;
  ending: Ending;
  /** The run has at least so many events; fewer means that the log was not read to its end. */
  eventsAtLeast?: number;
  /** Steering messages that the run took into account. */
  steeredBy?: readonly string[];
}

export type Finished = 'finished' | 'stale' | 'behind';

function terminalBody(ending: Ending, answerId: string | null): EventBody {
  if (ending.type !== 'failed')
    return {
      type: 'execution_complete',
      messageId: answerId,
      ...(ending.type === 'cancelled' ? { cancelled: true } : {}),
    };
  const { code, message, retryAfterMs } = ending;
  return { type: 'execution_error', code, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** A steering message that came too late gets a run of its own. */
async function queueUnanswered(
  tx: Tx,
  run: RunRow,
  message: MessageRow,
  log: RunLog,
  parentId: string,
): Promise<void> {
  const own = { ...run, id: newId() };
  await tx
    .insertInto('runs')
    .values({
      id: own.id,
      session_id: run.session_id,
      user_id: run.user_id,
      org_id: run.org_id,
      message_id: message.id,
      status: 'queued',
      after_sequence: log.sequence,
      language: run.language,
      request_id: run.request_id,
      traceparent: run.traceparent,
    })
    .execute();
  await tx
    .updateTable('messages')
    .set({ run_id: own.id, parent_id: parentId })
    .where('id', '=', message.id)
    .execute();
  const body = {
    type: 'user_message',
    messageId: message.id,
    parentMessageId: parentId,
    text: message.text,
    mode: 'queue',
  } as const;
  await enqueueEvent(tx, own, { generation: 0, body }, traceOfRun(run));
}

/** Saves the answer and decides the terminal event, in one transaction. */
async function save(tx: Tx, run: RunRow, finish: Finish, log: RunLog): Promise<void> {
  const asked = await tx
    .selectFrom('messages')
    .selectAll()
    .where('run_id', '=', run.id)
    .where('role', '=', 'user')
    .orderBy('ordinal')
    .execute();
  const wasHeard = (message: MessageRow): boolean =>
    message.id === run.message_id ||
    message.steered_at !== null ||
    (finish.steeredBy ?? []).includes(message.id);
  const lastHeard = asked.filter(wasHeard).at(-1)?.id ?? run.message_id;

  const text = foldedText(log.fold);
  const { ending } = finish;
  const answerId = text !== '' || ending.type === 'completed' ? newId() : null;
  if (answerId)
    await tx
      .insertInto('messages')
      .values({
        id: answerId,
        session_id: run.session_id,
        parent_id: lastHeard,
        run_id: run.id,
        role: 'assistant',
        text,
        status: ending.type === 'completed' ? 'complete' : ending.type,
      })
      .execute();
  await tx
    .updateTable('runs')
    .set({
      status: ending.type,
      answer_id: answerId,
      boot_id: null,
      ended_at: new Date(),
      error_code: ending.type === 'failed' ? ending.code : null,
      error_message: ending.type === 'failed' ? ending.message : null,
    })
    .where('id', '=', run.id)
    .execute();
  const end = answerId ?? lastHeard;
  // What was queued behind this run answers to its end.
  await tx
    .updateTable('messages')
    .set({ parent_id: end })
    .where('session_id', '=', run.session_id)
    .where(
      'parent_id',
      'in',
      asked.map(({ id }) => id),
    )
    .where('run_id', '!=', run.id)
    .execute();
  const position = { sequence: log.sequence, nextIndex: log.fold.nextIndex };
  const body = terminalBody(ending, answerId);
  await enqueueEvent(
    tx,
    run,
    { generation: run.generation, body, position, completes: true },
    traceOfRun(run),
  );
  for (const message of asked.filter((one) => !wasHeard(one)))
    await queueUnanswered(tx, run, message, log, end);
  await tx.updateTable('sessions').set({ updated_at: new Date() }).where('id', '=', run.session_id).execute();
}

/**
 * Ends a run once: folds its log into the saved answer, tells the log, and hands out what waits behind it.
 * `stale`: another generation has it; `behind`: the log was not read far enough, try again.
 */
export async function finishRun(work: OutboxWork, finish: Finish): Promise<Finished> {
  const { db } = work.ctx;
  const run = await db
    .selectFrom('runs')
    .selectAll()
    .where('id', '=', finish.runId)
    .executeTakeFirstOrThrow();
  if (run.status !== 'queued' && run.status !== 'running') return 'finished';
  if (run.generation !== finish.generation) return 'stale';
  // What fences an older runtime out stands in the log before it is read for the last time.
  await work.outbox.flush(run.user_id);
  const log = await readRunLog(work.ctx, {
    runId: run.id,
    userId: run.user_id,
    sessionId: run.session_id,
    afterSequence: run.after_sequence,
  });
  if (log.fold.nextIndex < (finish.eventsAtLeast ?? 0)) return 'behind';

  let advanced: Advanced = { endCancelled: null };
  const finished = await db.transaction().execute(async (tx): Promise<Finished> => {
    await lockSession(tx, run.session_id);
    const now = await tx.selectFrom('runs').selectAll().where('id', '=', run.id).executeTakeFirstOrThrow();
    if (now.status !== 'queued' && now.status !== 'running') return 'finished';
    if (now.generation !== finish.generation) return 'stale';
    await save(tx, now, finish, log);
    advanced = await advanceSession(tx, run.user_id, run.session_id);
    return 'finished';
  });
  if (finished === 'finished')
    work.ctx.logger.info(
      { runId: run.id, ending: finish.ending.type, events: log.fold.nextIndex },
      'run ended',
    );
  await work.outbox.flush(run.user_id);
  if (advanced.endCancelled)
    await finishRun(work, { ...advanced.endCancelled, ending: { type: 'cancelled' } });
  return finished;
}
