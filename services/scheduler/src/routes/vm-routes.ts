import { type Endpoint, endpoint } from '@semibot/bus';
import { ensureVm, type Identity, ROUTES, SemibotError, vmOperatorRoutes } from '@semibot/protocol';
import { runInContext } from '@semibot/service';
import { signVmToken } from '../auth/vm-token.ts';
import type { Policy } from '../domain/decide.ts';
import type { DriverMode } from '../domain/instance.ts';
import { EXTERNAL_ADVICE, externalInstructions } from '../drivers/external.ts';
import type { Lifecycle, Outcome } from '../lifecycle/lifecycle.ts';
import { type Database, whileSomeoneWaits } from '../store/database.ts';
import { type InstanceQuery, instanceById, listInstances } from '../store/instances.ts';
import { ensuredVm, vmInstance, vmStatus } from './vm-state.ts';

interface VmRoutesOptions {
  db: Database;
  lifecycle: Lifecycle;
  mode: DriverMode;
  policy: Policy;
  jwtSecret: string;
  /** The bus as runtimes reach it. */
  natsUrl: string;
  /** The identity as it is now; throws AUTH_TOKEN_INVALID where the sign-in was revoked. */
  current: (identity: Identity) => Promise<Identity>;
}

/** The scheduler's routes. SERVICE_UNAVAILABLE while the database is away, or chat where a person asks. */
export function vmRoutes(options: VmRoutesOptions): Endpoint[] {
  const { db, lifecycle, mode, policy } = options;

  async function signedIn(identity: Identity | null): Promise<Identity> {
    if (!identity) throw new SemibotError('AUTH_REQUIRED');
    return await options.current(identity);
  }
  async function manager(identity: Identity | null): Promise<Identity> {
    const known = await signedIn(identity);
    if (known.role === 'member') throw new SemibotError('FORBIDDEN');
    return known;
  }

  const status = async (userId: string) =>
    vmStatus(await lifecycle.peek(userId), mode, policy, mode === 'external' ? EXTERNAL_ADVICE : null);
  async function rebootstrap(user: { userId: string; orgId: string }) {
    const outcome = await lifecycle.ensure(user, { force: true });
    return vmStatus(outcome, mode, policy, mode === 'external' ? instructionsFor(outcome) : null);
  }
  /** A token and the ticket, for the user alone. */
  function instructionsFor({ instance, ticket }: Outcome): string {
    if (ticket === undefined) return EXTERNAL_ADVICE;
    const who = { userId: instance.userId, orgId: instance.orgId, instanceId: instance.id };
    const token = signVmToken(who, options.jwtSecret);
    return externalInstructions({ ...who, token, ticket }, options.natsUrl);
  }
  async function list(query: InstanceQuery) {
    const { rows, total } = await listInstances(db, query);
    const { page, limit } = query;
    const meta = { total, page, limit, totalPages: Math.ceil(total / limit) };
    return { data: rows.map(vmInstance), meta };
  }
  async function stop(userId: string) {
    const outcome = await lifecycle.stop(userId);
    if (!outcome) throw new SemibotError('NOT_FOUND');
    return { data: vmInstance(outcome.instance) };
  }

  const endpoints = [
    endpoint(ensureVm, async ({ body, trace }) => ({
      data: await runInContext({ ...trace, userId: body.userId }, async () =>
        ensuredVm(await lifecycle.ensure(body), policy),
      ),
    })),
    endpoint(ROUTES.vm.status, async ({ identity, trace }) => {
      const { userId } = await signedIn(identity);
      return { data: await runInContext({ ...trace, userId }, () => status(userId)) };
    }),
    endpoint(ROUTES.vm.rebootstrap, async ({ identity, trace }) => {
      const { userId, orgId } = await signedIn(identity);
      return { data: await runInContext({ ...trace, userId }, () => rebootstrap({ userId, orgId })) };
    }),
    endpoint(ROUTES.vm.list, async ({ identity, query }) => {
      const { orgId } = await manager(identity);
      return await list({ ...query, orgId });
    }),
    endpoint(ROUTES.vm.stop, async ({ identity, params, trace }) => {
      const { orgId } = await manager(identity);
      const instance = await instanceById(db, params.id);
      // Another organization's is not there.
      if (!instance || instance.orgId !== orgId) throw new SemibotError('NOT_FOUND');
      if (instance.endedAt) return { data: vmInstance(instance) };
      return await runInContext({ ...trace, userId: instance.userId }, () => stop(instance.userId));
    }),
    endpoint(vmOperatorRoutes.list, ({ query }) => list(query)),
    endpoint(vmOperatorRoutes.status, async ({ query }) => ({ data: await status(query.userId) })),
    endpoint(vmOperatorRoutes.stop, ({ body }) => stop(body.userId)),
    endpoint(vmOperatorRoutes.rebootstrap, async ({ body }) => ({ data: await rebootstrap(body) })),
  ];
  return endpoints.map(({ route, answer }) => ({
    route,
    answer: (data, trace) => whileSomeoneWaits(() => answer(data, trace)),
  }));
}
