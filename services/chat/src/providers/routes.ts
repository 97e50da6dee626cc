import { type Endpoint, endpoint } from '@semibot/bus';
import {
  type Identity,
  type Provider,
  type ProviderName,
  providerNameSchema,
  ROUTES,
  SemibotError,
} from '@semibot/protocol';
import { requireIdentity } from '../auth/require-identity.ts';
import type { ChatWork } from '../work.ts';
import { announceChange } from './announce-change.ts';
import { installedProviders } from './installation.ts';
import { createModelsOf } from './models-of.ts';
import { type KeptSettings, readSettings, removeSettings, writeSettings } from './settings-store.ts';
import { toProvider } from './to-provider.ts';

const isManager = ({ role }: Identity): boolean => role !== 'member';

export const providerEndpoints = (work: ChatWork): Endpoint[] => {
  const { db, box, config, logger } = work.ctx;
  const installed = installedProviders(config);
  const modelsOf = createModelsOf(work.ctx);

  const kept = async ({ orgId }: Identity, name: ProviderName): Promise<KeptSettings | undefined> =>
    (await readSettings(db, box, orgId)).find(({ provider }) => provider === name);
  const show = async (identity: Identity, name: ProviderName): Promise<Provider> =>
    toProvider(name, await kept(identity, name), installed[name], isManager(identity));

  async function requireManager(caller: Identity | null): Promise<Identity> {
    const identity = await requireIdentity(db, caller);
    if (!isManager(identity)) throw new SemibotError('FORBIDDEN');
    return identity;
  }

  /** What cannot be sent now the sweep sends. */
  async function send(userIds: readonly string[]): Promise<void> {
    try {
      for (const userId of userIds) await work.outbox.flush(userId);
    } catch (error) {
      logger.warn({ err: error }, 'runtimes are told of the changed provider keys a little later');
    }
  }

  return [
    endpoint(ROUTES.providers.list, async (call) => {
      const identity = await requireIdentity(db, call.identity);
      const all = await readSettings(db, box, identity.orgId);
      const data = providerNameSchema.options.map((name) => {
        const own = all.find(({ provider }) => provider === name);
        return toProvider(name, own, installed[name], isManager(identity));
      });
      return { data };
    }),
    endpoint(ROUTES.providers.get, async (call) => {
      const identity = await requireIdentity(db, call.identity);
      return { data: await show(identity, call.params.name) };
    }),
    endpoint(ROUTES.providers.set, async (call) => {
      const identity = await requireManager(call.identity);
      const { orgId, userId: by } = identity;
      const { name: provider } = call.params;
      const before = await kept(identity, provider);
      const { apiKey, baseUrl = before?.settings?.baseUrl ?? installed[provider].baseUrl } = call.body;
      const told = await db.transaction().execute(async (tx) => {
        await writeSettings(tx, box, { orgId, provider, settings: { apiKey, baseUrl }, by });
        return await announceChange(tx, orgId, call.trace);
      });
      logger.info({ orgId, userId: by, provider, runtimes: told.length }, 'provider key set');
      void send(told);
      return { data: await show(identity, provider) };
    }),
    endpoint(ROUTES.providers.remove, async (call) => {
      const identity = await requireManager(call.identity);
      const { orgId, userId } = identity;
      const { name: provider } = call.params;
      const told = await db
        .transaction()
        .execute(async (tx) =>
          (await removeSettings(tx, orgId, provider)) ? await announceChange(tx, orgId, call.trace) : [],
        );
      logger.info({ orgId, userId, provider, runtimes: told.length }, 'provider key removed');
      void send(told);
      return { data: await show(identity, provider) };
    }),
    endpoint(ROUTES.providers.models, async (call) => {
      const { orgId } = await requireIdentity(db, call.identity);
      return { data: await modelsOf(orgId) };
    }),
  ];
};
