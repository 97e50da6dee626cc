import { type Endpoint, endpoint } from '@semibot/bus';
import { type Identity, ROUTES, type Run, SemibotError } from '@semibot/protocol';
import { requireIdentity } from '../auth/require-identity.ts';
import type { RunRow } from '../database/tables.ts';
import type { ChatWork } from '../work.ts';
import { cancelRun } from './cancel-run.ts';

const toRun = (row: RunRow): Run => ({
  id: row.id,
  sessionId: row.session_id,
  status: row.status,
  messageId: row.answer_id,
  error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? '' },
  createdAt: row.created_at.toISOString(),
  endedAt: row.ended_at?.toISOString() ?? null,
});

export const runEndpoints = (work: ChatWork): Endpoint[] => {
  const { db } = work.ctx;
  const ownRun = async (identity: Identity, runId: string): Promise<RunRow> => {
    const row = await db
      .selectFrom('runs')
      .selectAll()
      .where('id', '=', runId)
      .where('user_id', '=', identity.userId)
      .where('org_id', '=', identity.orgId)
      .executeTakeFirst();
    if (!row) throw new SemibotError('NOT_FOUND');
    return row;
  };
  return [
    endpoint(ROUTES.runs.get, async (call) => {
      const identity = await requireIdentity(db, call.identity);
      return { data: toRun(await ownRun(identity, call.params.runId)) };
    }),
    endpoint(ROUTES.runs.cancel, async (call) => {
      const identity = await requireIdentity(db, call.identity);
      const { id } = await ownRun(identity, call.params.runId);
      await cancelRun(work, id);
      return { data: toRun(await ownRun(identity, id)) };
    }),
  ];
};
