import { publishMessage } from '@semibot/bus';
import { commandMessage, NO_SESSION, SemibotError } from '@semibot/protocol';
import { sql } from 'kysely';
import type { Context } from '../context.ts';
import type { Tx } from '../database/database.ts';
import type { OutboxContent, OutboxRow } from '../database/tables.ts';
import { type LoggedRun, readRunLog } from '../runs/read-run-log.ts';

/** Rows handled in one transaction. */
const BATCH = 50;
/** How long the bus may take for one row before the rest waits for the next flush, in milliseconds. */
const ROW_TIMEOUT_MS = 5_000;
/** A row older than this may have been sent before, longer ago than JetStream remembers: the log is read first. */
const RECENT_MS = 300_000;

type EventContent = Extract<OutboxContent, { kind: 'event' }>;

const traceOf = (row: OutboxRow) => ({ requestId: row.request_id, traceparent: row.traceparent });

/** Writes the event; gives the place in the log up to which it now stands. */
async function writeEvent(
  ctx: Context,
  tx: Tx,
  row: OutboxRow,
  sessionId: string,
  content: EventContent,
): Promise<number> {
  const { after_sequence: afterSequence } = await tx
    .selectFrom('runs')
    .select('after_sequence')
    .where('id', '=', content.runId)
    .executeTakeFirstOrThrow();
  const run: LoggedRun = {
    runId: content.runId,
    userId: row.user_id,
    sessionId,
    afterSequence,
  };
  const readTail = async (messageId: string) => {
    const { fold, sequence, landed } = await readRunLog(ctx, run, messageId);
    return { position: { sequence, nextIndex: fold.nextIndex }, landed };
  };
  let position = content.position;
  if (!position || Date.now() - row.created_at.getTime() > RECENT_MS) {
    const tail = await readTail(`${row.message_id}-0`);
    if (tail.landed) return tail.position.sequence;
    position = tail.position;
  }
  const { runId, generation } = content;
  const writer = ctx.appender.openWriter({
    userId: row.user_id,
    sessionId,
    runId,
    generation,
    idPrefix: row.message_id,
    position,
    readTail,
    trace: traceOf(row),
  });
  const timer = setTimeout(() => writer.close(), ROW_TIMEOUT_MS);
  try {
    writer.append(content.body);
    await writer.flush();
    return writer.sequence;
  } catch (error) {
    throw new SemibotError('SERVICE_UNAVAILABLE', { cause: error });
  } finally {
    clearTimeout(timer);
    writer.close();
  }
}

/** What the tables are told of a row that was sent. */
type Effect =
  | { type: 'covers'; sessionId: string; sequence: number }
  | { type: 'commanded'; sequence: number };

async function send(ctx: Context, tx: Tx, row: OutboxRow): Promise<Effect | null> {
  const { content, session_id: sessionId } = row;
  if (content.kind === 'event') {
    if (sessionId === null) throw new Error(`outbox row ${row.id}: an event without a session`);
    const sequence = await writeEvent(ctx, tx, row, sessionId, content);
    return content.completes ? { type: 'covers', sessionId, sequence } : null;
  }
  const { sequence } = await publishMessage(
    ctx.bus,
    commandMessage,
    { user: row.user_id, session: sessionId ?? NO_SESSION },
    content.command,
    { messageId: row.message_id, trace: traceOf(row), signal: AbortSignal.timeout(ROW_TIMEOUT_MS) },
  ).catch((cause) => {
    throw new SemibotError('SERVICE_UNAVAILABLE', { cause });
  });
  return { type: 'commanded', sequence };
}

/** The tables hold all of the session up to there, unless another run has begun to write meanwhile. */
const coverSession = (tx: Tx, sessionId: string, sequence: number) =>
  tx
    .updateTable('sessions')
    .set({ log_sequence: sequence })
    .where('id', '=', sessionId)
    .where('log_sequence', '<', sequence)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('runs')
            .select('id')
            .where('session_id', '=', sessionId)
            .where('status', 'in', ['queued', 'running']),
        ),
      ),
    )
    .execute();

/** Sessions before the channel: the order in which everyone locks them. */
async function applyEffects(tx: Tx, userId: string, effects: Effect[]): Promise<void> {
  let commanded = 0;
  for (const effect of effects) {
    if (effect.type === 'covers') await coverSession(tx, effect.sessionId, effect.sequence);
    else commanded = Math.max(commanded, effect.sequence);
  }
  if (commanded === 0) return;
  await tx
    .updateTable('runtime_channels')
    .set({ command_sequence: commanded })
    .where('user_id', '=', userId)
    .where('command_sequence', '<', commanded)
    .execute();
}

/** Sends what waits for this user, in order, one flush at a time in all of chat; true when nothing is left. */
async function flushBatch(ctx: Context, userId: string): Promise<boolean> {
  return await ctx.db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${userId}, 0))`.execute(tx);
    const rows = await tx
      .selectFrom('outbox')
      .selectAll()
      .where('user_id', '=', userId)
      .orderBy('id')
      .limit(BATCH)
      .execute();
    if (rows.length === 0) return true;
    const effects: Effect[] = [];
    for (const row of rows) {
      const effect = await send(ctx, tx, row);
      if (effect) effects.push(effect);
    }
    await tx
      .deleteFrom('outbox')
      .where(
        'id',
        'in',
        rows.map(({ id }) => id),
      )
      .execute();
    await applyEffects(tx, userId, effects);
    return rows.length < BATCH;
  });
}

export interface Outbox {
  /** Sends what the user's committed transactions have decided; rejects with SERVICE_UNAVAILABLE, and the sweep goes on. */
  flush(userId: string): Promise<void>;
}

/** What it takes to decide something of a run and tell the bus. */
export interface OutboxWork {
  ctx: Context;
  outbox: Outbox;
}

/** One flush of a user at a time; those who ask meanwhile share the next one. */
export function createOutbox(ctx: Context): Outbox {
  const running = new Map<string, Promise<void>>();
  const next = new Map<string, Promise<void>>();

  const run = (userId: string): Promise<void> => {
    const work = (async () => {
      while (!(await flushBatch(ctx, userId)));
    })().finally(() => running.delete(userId));
    running.set(userId, work);
    return work;
  };
  return {
    flush(userId) {
      const current = running.get(userId);
      if (!current) return run(userId);
      const waiting = next.get(userId);
      if (waiting) return waiting;
      const after = current
        .catch(() => undefined)
        .then(() => {
          next.delete(userId);
          return run(userId);
        });
      next.set(userId, after);
      return after;
    },
  };
}
