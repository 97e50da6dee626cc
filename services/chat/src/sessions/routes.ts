import { type Endpoint, endpoint } from '@semibot/bus';
import { formatCursor, ROUTES, type Session, sessionPosition } from '@semibot/protocol';
import { requireIdentity } from '../auth/require-identity.ts';
import { offsetOf, pageMeta } from '../database/page.ts';
import type { SessionRow } from '../database/tables.ts';
import type { ChatWork } from '../work.ts';
import { coveredPosition } from './covered-position.ts';
import { createSession } from './create-session.ts';
import { deleteSession } from './delete-session.ts';
import { ownSession } from './own-session.ts';

const toSession = (row: SessionRow): Session => ({
  id: row.id,
  agentId: row.agent_id,
  title: row.title,
  status: row.status,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
});

/** A person's search words as a pattern: what they type means itself. */
const containing = (text: string): string => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;

export const sessionEndpoints = (work: ChatWork): Endpoint[] => {
  const { db, epoch } = work.ctx;
  return [
    endpoint(ROUTES.sessions.list, async (call) => {
      const { userId, orgId } = await requireIdentity(db, call.identity);
      const { agentId, status, q } = call.query;
      let own = db
        .selectFrom('sessions')
        .where('user_id', '=', userId)
        .where('org_id', '=', orgId)
        .where('deleted_at', 'is', null);
      if (agentId) own = own.where('agent_id', '=', agentId);
      if (status) own = own.where('status', '=', status);
      if (q) own = own.where('title', 'ilike', containing(q));
      const { total } = await own
        .select((eb) => eb.fn.countAll<number>().as('total'))
        .executeTakeFirstOrThrow();
      const rows = await own
        .selectAll()
        .orderBy('created_at', 'desc')
        .limit(call.query.limit)
        .offset(offsetOf(call.query))
        .execute();
      return { data: rows.map(toSession), meta: pageMeta(total, call.query) };
    }),
    endpoint(ROUTES.sessions.create, async (call) => {
      const identity = await requireIdentity(db, call.identity);
      return { data: toSession(await createSession(db, identity, call.body)) };
    }),
    endpoint(ROUTES.sessions.get, async (call) => {
      const identity = await requireIdentity(db, call.identity);
      return { data: toSession(await ownSession(db, identity, call.params.sessionId)) };
    }),
    endpoint(ROUTES.sessions.rename, async (call) => {
      const identity = await requireIdentity(db, call.identity);
      const { id } = await ownSession(db, identity, call.params.sessionId);
      const row = await db
        .updateTable('sessions')
        .set({ title: call.body.title, updated_at: new Date() })
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirstOrThrow();
      return { data: toSession(row) };
    }),
    endpoint(ROUTES.sessions.remove, async (call) => {
      const identity = await requireIdentity(db, call.identity);
      await deleteSession(work, identity, call.params.sessionId);
      return { data: null };
    }),
    endpoint(sessionPosition, async (call) => {
      const identity = await requireIdentity(db, call.identity);
      const session = await ownSession(db, identity, call.params.sessionId);
      const cursor = formatCursor(epoch(), await coveredPosition(db, session));
      return { data: { userId: session.user_id, cursor } };
    }),
  ];
};
