import { type Endpoint, endpoint } from '@semibot/bus';
import { formatCursor, type Identity, type Message, ROUTES } from '@semibot/protocol';
import type { z } from 'zod';
import { requireIdentity } from '../auth/require-identity.ts';
import type { Tx } from '../database/database.ts';
import { offsetOf, pageMeta } from '../database/page.ts';
import type { MessageRow } from '../database/tables.ts';
import { finishRun } from '../runs/finish-run.ts';
import { coveredPosition } from '../sessions/covered-position.ts';
import { createSession } from '../sessions/create-session.ts';
import { ownSession } from '../sessions/own-session.ts';
import type { ChatWork } from '../work.ts';
import { claimKey, keepAnswer, keptAnswer } from './idempotency.ts';
import { type PostResult, postMessage } from './post-message.ts';

const toMessage = (row: MessageRow): Message => ({
  id: row.id,
  sessionId: row.session_id,
  parentId: row.parent_id,
  runId: row.run_id,
  role: row.role,
  text: row.text,
  status: row.status,
  createdAt: row.created_at.toISOString(),
});

/**
 * Posts within one transaction and answers when the log has the message too. Under a key that was used before, the
 * answer is the one that the key got.
 */
async function accept<T extends z.ZodType>(
  work: ChatWork,
  identity: Identity,
  key: string | undefined,
  schema: T,
  post: (tx: Tx) => Promise<PostResult & { posted: z.output<T> & object }>,
): Promise<z.output<T>> {
  const { userId } = identity;
  let endCancelled: PostResult['endCancelled'] = null;
  const answer = await work.ctx.db.transaction().execute(async (tx) => {
    if (key && !(await claimKey(tx, userId, key))) return await keptAnswer(tx, userId, key, schema);
    const result = await post(tx);
    if (key) await keepAnswer(tx, userId, key, result.posted);
    endCancelled = result.endCancelled;
    return result.posted;
  });
  await work.outbox.flush(userId);
  if (endCancelled)
    await finishRun(work, {
      ...(endCancelled as { runId: string; generation: number }),
      ending: { type: 'cancelled' },
    });
  work.dispatcher.nudge(userId);
  return answer;
}

export const messageEndpoints = (work: ChatWork): Endpoint[] => {
  const { db, epoch } = work.ctx;
  return [
    endpoint(ROUTES.messages.list, async (call) => {
      const identity = await requireIdentity(db, call.identity);
      // One snapshot: the position must not be later than the messages.
      return await db
        .transaction()
        .setIsolationLevel('repeatable read')
        .setAccessMode('read only')
        .execute(async (tx) => {
          const session = await ownSession(tx, identity, call.params.sessionId);
          const covered = await coveredPosition(tx, session);
          const own = tx.selectFrom('messages').where('session_id', '=', session.id);
          const { total } = await own
            .select((eb) => eb.fn.countAll<number>().as('total'))
            .executeTakeFirstOrThrow();
          const rows = await own
            .selectAll()
            .orderBy('ordinal', 'desc')
            .limit(call.query.limit)
            .offset(offsetOf(call.query))
            .execute();
          return {
            data: rows.reverse().map(toMessage),
            meta: { ...pageMeta(total, call.query), cursor: formatCursor(epoch(), covered) },
          };
        });
    }),
    endpoint(ROUTES.messages.post, async (call) => {
      const identity = await requireIdentity(db, call.identity);
      const { body, params, language, trace } = call;
      const data = await accept(work, identity, call.idempotencyKey, ROUTES.messages.post.data, (tx) =>
        postMessage(
          tx,
          {
            identity,
            sessionId: params.sessionId,
            text: body.message,
            parentMessageId: body.parentMessageId,
            mode: body.mode,
            language,
            trace,
          },
          epoch(),
        ),
      );
      return { data };
    }),
    endpoint(ROUTES.messages.start, async (call) => {
      const identity = await requireIdentity(db, call.identity);
      const { body, language, trace } = call;
      const data = await accept(
        work,
        identity,
        call.idempotencyKey,
        ROUTES.messages.start.data,
        async (tx) => {
          const session = await createSession(tx, identity, { agentId: body.agentId });
          const post = { parentMessageId: undefined, mode: 'queue', language, trace } as const;
          const result = await postMessage(
            tx,
            { ...post, identity, sessionId: session.id, text: body.message },
            epoch(),
          );
          return { ...result, posted: { ...result.posted, sessionId: session.id } };
        },
      );
      return { data };
    }),
  ];
};
