import { type Identity, SemibotError } from '@semibot/protocol';
import type { Reader } from '../database/database.ts';
import type { SessionRow } from '../database/tables.ts';

/** The caller's own session; NOT_FOUND for anyone else's and for what was deleted. */
export async function ownSession(db: Reader, identity: Identity, sessionId: string): Promise<SessionRow> {
  const row = await db
    .selectFrom('sessions')
    .selectAll()
    .where('id', '=', sessionId)
    .where('user_id', '=', identity.userId)
    .where('org_id', '=', identity.orgId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (!row) throw new SemibotError('NOT_FOUND');
  return row;
}
