import { type ProviderModels, type ProviderName, providerNameSchema } from '@semibot/protocol';
import { sql } from 'kysely';
import type { Context } from '../context.ts';
import { askModels } from './ask-models.ts';
import { keysOf } from './keys-of.ts';
import { createModelLists } from './model-lists.ts';

/** What every install can do without any key. */
const BUILT_IN: ProviderModels = { provider: 'demo', models: ['demo'], source: 'built-in' };

/** Tells an organization's models: of each provider that it has a key for, and the built-in one. */
export function createModelsOf(ctx: Context): (orgId: string) => Promise<ProviderModels[]> {
  const { db, logger } = ctx;
  const lists = createModelLists({
    ask: askModels,
    onFailure: (error) => logger.warn({ err: error }, 'a provider does not tell its models'),
  });

  async function usedByAgents(orgId: string, provider: ProviderName): Promise<string[]> {
    const rows = await db
      .selectFrom('agents')
      .select(sql<string>`model->>'model'`.as('model'))
      .distinct()
      .where('org_id', '=', orgId)
      .where('deleted_at', 'is', null)
      .where(sql`model->>'provider'`, '=', provider)
      .orderBy('model')
      .execute();
    return rows.map(({ model }) => model);
  }

  return async (orgId) => {
    const keys = await keysOf(ctx, db, orgId);
    const told = providerNameSchema.options.map(async (provider): Promise<ProviderModels[]> => {
      const settings = keys[provider];
      if (!settings) return [];
      const models = await lists.of(settings);
      return models
        ? [{ provider, models, source: 'provider' }]
        : [{ provider, models: await usedByAgents(orgId, provider), source: 'agents' }];
    });
    return [BUILT_IN, ...(await Promise.all(told)).flat()];
  };
}
