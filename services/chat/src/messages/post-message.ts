import {
  formatCursor,
  type Identity,
  type Language,
  limits,
  newId,
  SemibotError,
  type Trace,
} from '@semibot/protocol';
import type { Tx } from '../database/database.ts';
import type { RunRow, SessionRow } from '../database/tables.ts';
import { enqueueCommand, enqueueEvent } from '../outbox/enqueue.ts';
import { advanceSession, lockSession } from '../runs/advance-session.ts';
import { requestCancel } from '../runs/cancel-run.ts';
import { ownSession } from '../sessions/own-session.ts';

export interface Post {
  identity: Identity;
  sessionId: string;
  text: string;
  parentMessageId: string | undefined;
  mode: 'queue' | 'steer' | 'interrupt';
  language: Language;
  trace: Trace;
}

export interface Posted {
  runId: string;
  messageId: string;
  cursor: string;
}

/** What is left to do after the transaction: ending a run that nobody works on. */
export interface PostResult {
  posted: Posted;
  endCancelled: { runId: string; generation: number } | null;
}

/** The tree's parent of a new message: the one named, or the latest of the session. */
async function parentOf(tx: Tx, session: SessionRow, named: string | undefined): Promise<string | null> {
  const messages = tx.selectFrom('messages').select('id').where('session_id', '=', session.id);
  if (named === undefined)
    return (await messages.orderBy('ordinal', 'desc').limit(1).executeTakeFirst())?.id ?? null;
  const parent = await messages.where('id', '=', named).executeTakeFirst();
  if (!parent) throw new SemibotError('NOT_FOUND', { message: 'The parent message is not in this session.' });
  return parent.id;
}

async function checkRoom(tx: Tx, session: SessionRow): Promise<void> {
  if (session.status !== 'active') throw new SemibotError('SESSION_CLOSED');
  const { count } = await tx
    .selectFrom('messages')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('session_id', '=', session.id)
    .executeTakeFirstOrThrow();
  if (count >= limits.SESSION_MAX_MESSAGES) throw new SemibotError('SESSION_MESSAGE_LIMIT');
}

/** The message joins the run that is active, at its next step. */
async function steer(
  tx: Tx,
  run: RunRow,
  post: Post,
  messageId: string,
  parentId: string | null,
): Promise<void> {
  await tx
    .insertInto('messages')
    .values({
      id: messageId,
      session_id: run.session_id,
      parent_id: parentId,
      run_id: run.id,
      role: 'user',
      text: post.text,
    })
    .execute();
  const body = {
    type: 'user_message',
    messageId,
    parentMessageId: parentId,
    text: post.text,
    mode: 'steer',
  } as const;
  await enqueueEvent(tx, run, { generation: run.generation, body }, post.trace);
  if (run.boot_id)
    await enqueueCommand(tx, run, run.boot_id, { type: 'steer', messageId, text: post.text }, post.trace);
}

async function begin(
  tx: Tx,
  session: SessionRow,
  post: Post,
  ids: { runId: string; messageId: string; parentId: string | null },
): Promise<void> {
  await tx
    .insertInto('messages')
    .values({
      id: ids.messageId,
      session_id: session.id,
      parent_id: ids.parentId,
      run_id: ids.runId,
      role: 'user',
      text: post.text,
    })
    .execute();
  await tx
    .insertInto('runs')
    .values({
      id: ids.runId,
      session_id: session.id,
      user_id: session.user_id,
      org_id: session.org_id,
      message_id: ids.messageId,
      status: 'queued',
      after_sequence: session.log_sequence,
      language: post.language,
      request_id: post.trace.requestId,
      traceparent: post.trace.traceparent,
    })
    .execute();
  const body = {
    type: 'user_message',
    messageId: ids.messageId,
    parentMessageId: ids.parentId,
    text: post.text,
    mode: post.mode,
  } as const;
  // Where no run is active nothing else is written: the log stands where the tables say.
  const position = { sequence: session.log_sequence, nextIndex: 0 };
  const run = { id: ids.runId, user_id: session.user_id, session_id: session.id };
  await enqueueEvent(tx, run, { generation: 0, body, position }, post.trace);
}

const titleFrom = (text: string): string =>
  Array.from(text.trim().replaceAll(/\s+/g, ' ')).slice(0, limits.TITLE_FROM_MESSAGE_CHARACTERS).join('');

/** Takes a message in, within a transaction: what it decides is in the tables and in the outbox together, or not at all. */
export async function postMessage(tx: Tx, post: Post, epoch: string): Promise<PostResult> {
  if (post.text.length > limits.MESSAGE_MAX_CHARACTERS) throw new SemibotError('VALIDATION_MESSAGE_TOO_LONG');
  await lockSession(tx, post.sessionId);
  const session = await ownSession(tx, post.identity, post.sessionId);
  await checkRoom(tx, session);
  const parentId = await parentOf(tx, session, post.parentMessageId);
  const messageId = newId();
  const running = await tx
    .selectFrom('runs')
    .selectAll()
    .where('session_id', '=', session.id)
    .where('status', '=', 'running')
    .executeTakeFirst();

  let runId = newId();
  let endCancelled: PostResult['endCancelled'] = null;
  let afterSequence = session.log_sequence;
  if (post.mode === 'steer' && running) {
    runId = running.id;
    afterSequence = running.after_sequence;
    await steer(tx, running, post, messageId, parentId);
  } else {
    if (post.mode === 'interrupt' && running) {
      const { endHere } = await requestCancel(tx, running);
      if (endHere) endCancelled = { runId: running.id, generation: running.generation };
    }
    await begin(tx, session, post, { runId, messageId, parentId });
  }
  await tx
    .updateTable('sessions')
    .set({ updated_at: new Date(), ...(session.title === '' ? { title: titleFrom(post.text) } : {}) })
    .where('id', '=', session.id)
    .execute();
  const advanced = await advanceSession(tx, session.user_id, session.id);
  return {
    posted: { runId, messageId, cursor: formatCursor(epoch, afterSequence) },
    endCancelled: endCancelled ?? advanced.endCancelled,
  };
}
