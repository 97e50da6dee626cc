import { type Command, commandSchema, type EventBody, newId, type Trace } from '@semibot/protocol';
import type { Tx } from '../database/database.ts';
import type { NewOutboxRow, OutboxContent, RunRow } from '../database/tables.ts';

type OfRun = Pick<RunRow, 'id' | 'user_id' | 'session_id'>;

/** A row for the user's outbox; `session_id` is null where it is about the user. */
const rowOf = (
  about: { user_id: string; session_id: string | null },
  content: OutboxContent,
  trace: Trace,
): NewOutboxRow => ({
  message_id: newId(),
  user_id: about.user_id,
  session_id: about.session_id,
  content: JSON.stringify(content),
  request_id: trace.requestId,
  traceparent: trace.traceparent,
});

async function enqueue(tx: Tx, run: OfRun, content: OutboxContent, trace: Trace): Promise<void> {
  await tx
    .insertInto('outbox')
    .values(rowOf(run, content, trace))
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

type RunCommand = Exclude<Command, { type: 'config' }>;
type CommandBody = RunCommand extends infer C
  ? C extends RunCommand
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

/** Decides, in this transaction, that those of these users' runtimes that take orders ask for what has changed. */
export async function enqueueConfig(tx: Tx, userIds: readonly string[], trace: Trace): Promise<void> {
  if (userIds.length === 0) return;
  const channels = await tx
    .updateTable('runtime_channels')
    .set((eb) => ({ command_number: eb('command_number', '+', 1) }))
    .where('user_id', 'in', userIds)
    .where('boot_id', 'is not', null)
    .returning(['user_id', 'boot_id', 'command_number'])
    .execute();
  const rows = channels.map(({ user_id, boot_id: bootId, command_number: number }) => {
    const command = commandSchema.parse({ type: 'config', number, bootId });
    return rowOf({ user_id, session_id: null }, { kind: 'command', command }, trace);
  });
  if (rows.length > 0) await tx.insertInto('outbox').values(rows).execute();
}

/** The trace under which a run was asked for. */
export const traceOfRun = (run: Pick<RunRow, 'request_id' | 'traceparent'>): Trace => ({
  requestId: run.request_id,
  traceparent: run.traceparent,
});
