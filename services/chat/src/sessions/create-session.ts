import { type Identity, newId, SemibotError } from '@semibot/protocol';
import type { Reader } from '../database/database.ts';
import type { SessionRow } from '../database/tables.ts';

/** The agent that comes with every install; `migrations/0001_chat.sql` makes it. */
const DEFAULT_AGENT_ID = '00000000-0000-4000-8000-000000000001';

/** Begins a session with an agent that the caller may use; NOT_FOUND for any other agent. */
export async function createSession(
  db: Reader,
  identity: Identity,
  { agentId = DEFAULT_AGENT_ID, title = '' }: { agentId?: string | undefined; title?: string | undefined },
): Promise<SessionRow> {
  const agent = await db
    .selectFrom('agents')
    .select('id')
    .where('id', '=', agentId)
    .where('deleted_at', 'is', null)
    .where((eb) => eb.or([eb('org_id', '=', identity.orgId), eb('org_id', 'is', null)]))
    .executeTakeFirst();
  if (!agent) throw new SemibotError('NOT_FOUND', { message: 'There is no such agent.' });
  return await db
    .insertInto('sessions')
    .values({ id: newId(), org_id: identity.orgId, user_id: identity.userId, agent_id: agent.id, title })
    .returningAll()
    .executeTakeFirstOrThrow();
}
