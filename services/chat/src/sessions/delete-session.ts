import type { Identity } from '@semibot/protocol';
import { cancelRun } from '../runs/cancel-run.ts';
import type { ChatWork } from '../work.ts';
import { ownSession } from './own-session.ts';

/** Deletes a session softly; what runs in it is stopped. */
export async function deleteSession(work: ChatWork, identity: Identity, sessionId: string): Promise<void> {
  const { db } = work.ctx;
  const session = await ownSession(db, identity, sessionId);
  const now = new Date();
  await db
    .updateTable('sessions')
    .set({
      status: 'completed',
      ended_at: now,
      deleted_at: now,
      deleted_by: identity.userId,
      updated_at: now,
    })
    .where('id', '=', session.id)
    .execute();
  const active = await db
    .selectFrom('runs')
    .select('id')
    .where('session_id', '=', session.id)
    .where('status', 'in', ['queued', 'running'])
    .orderBy('ordinal', 'desc')
    .execute();
  for (const run of active) await cancelRun(work, run.id);
}
