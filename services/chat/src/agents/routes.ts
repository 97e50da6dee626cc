import { type Endpoint, endpoint } from '@semibot/bus';
import { type Agent, modelConfigSchema, newId, ROUTES, SemibotError } from '@semibot/protocol';
import { requireIdentity } from '../auth/require-identity.ts';
import type { Context } from '../context.ts';
import { offsetOf, pageMeta } from '../database/page.ts';
import type { AgentRow } from '../database/tables.ts';

const toAgent = (row: AgentRow): Agent => ({
  id: row.id,
  name: row.name,
  description: row.description,
  systemPrompt: row.system_prompt,
  model: modelConfigSchema.parse(row.model),
  system: row.org_id === null,
  createdAt: row.created_at.toISOString(),
});

export const agentEndpoints = ({ db }: Context): Endpoint[] => [
  endpoint(ROUTES.agents.list, async (call) => {
    const { orgId } = await requireIdentity(db, call.identity);
    const visible = db
      .selectFrom('agents')
      .where('deleted_at', 'is', null)
      .where((eb) => eb.or([eb('org_id', '=', orgId), eb('org_id', 'is', null)]));
    const { total } = await visible
      .select((eb) => eb.fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow();
    const rows = await visible
      .selectAll()
      .orderBy('created_at', 'desc')
      .limit(call.query.limit)
      .offset(offsetOf(call.query))
      .execute();
    return { data: rows.map(toAgent), meta: pageMeta(total, call.query) };
  }),
  endpoint(ROUTES.agents.create, async (call) => {
    const { orgId, userId, role } = await requireIdentity(db, call.identity);
    if (role === 'member') throw new SemibotError('FORBIDDEN');
    const { name, description, systemPrompt, model } = call.body;
    const row = await db
      .insertInto('agents')
      .values({
        id: newId(),
        org_id: orgId,
        name,
        description,
        system_prompt: systemPrompt,
        model: JSON.stringify(model),
        created_by: userId,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return { data: toAgent(row) };
  }),
];
