import { type Command, type EventBody, newId, type Trace } from '@semibot/protocol';
import type { Tx } from '../database/database.ts';
import type { OutboxContent, RunRow } from '../database/tables.ts';

type OfRun = Pick<RunRow, 'id' | 'user_id' | 'session_id'>;

async function enqueue(tx: Tx, run: OfRun, content: OutboxContent, trace: Trace): Promise<void> {
  await tx
    .insertInto('outbox')
    .values({
      message_id: newId(),
      user_id: run.user_id,
      session_id: run.session_id,
      content: JSON.stringify(content),
      request_id: trace.requestId,
      traceparent: trace.traceparent,
    })
    .execute();
}

/** Decides, in this transaction, that the session's log gets this event of the run. */
export const enqueueEvent = (
  tx: Tx,
  run: OfRun,
  event: {
    generation: number;
    body: EventBody;
    position?: { sequence: number; nextIndex: number };
    completes?: boolean;
  },
  trace: Trace,
): Promise<void> =>
  enqueue(
    tx,
    run,
    {
      kind: 'event',
      runId: run.id,
      generation: event.generation,
      body: event.body,
      position: event.position ?? null,
      completes: event.completes ?? false,
    },
    trace,
  );

type CommandBody = Command extends infer C
  ? C extends Command
    ? Omit<C, 'number' | 'bootId' | 'sessionId' | 'runId'>
    : never
  : never;

/** Decides, in this transaction, that the runtime process gets this command, with the user's next number. */
export async function enqueueCommand(
  tx: Tx,
  run: OfRun,
  bootId: string,
  body: CommandBody,
  trace: Trace,
): Promise<void> {
  const { command_number: number } = await tx
    .updateTable('runtime_channels')
    .set((eb) => ({ command_number: eb('command_number', '+', 1) }))
    .where('user_id', '=', run.user_id)
    .returning('command_number')
    .executeTakeFirstOrThrow();
  const command = { ...body, number, bootId, sessionId: run.session_id, runId: run.id } as Command;
  await enqueue(tx, run, { kind: 'command', command }, trace);
}

/** The trace under which a run was asked for. */
export const traceOfRun = (run: Pick<RunRow, 'request_id' | 'traceparent'>): Trace => ({
  requestId: run.request_id,
  traceparent: run.traceparent,
});
