import { type Endpoint, endpoint } from '@semibot/bus';
import { ensureVm, type Identity, ROUTES, SemibotError } from '@semibot/protocol';
import { runInContext } from '@semibot/service';
import type { Policy } from '../domain/decide.ts';
import type { DriverMode } from '../domain/instance.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { whileSomeoneWaits } from '../store/database.ts';
import { ensuredVm, vmStatus } from './vm-state.ts';

/** The scheduler's routes. SERVICE_UNAVAILABLE while the database is away. */
export function vmRoutes({
  lifecycle,
  mode,
  policy,
}: {
  lifecycle: Lifecycle;
  mode: DriverMode;
  policy: Policy;
}): Endpoint[] {
  const endpoints = [
    endpoint(ensureVm, async ({ body, trace }) => ({
      data: await runInContext({ ...trace, userId: body.userId }, async () =>
        ensuredVm(await lifecycle.ensure(body), policy),
      ),
    })),
    endpoint(ROUTES.vm.status, async ({ identity, trace }) => {
      const { userId } = signedIn(identity);
      return {
        data: await runInContext({ ...trace, userId }, async () =>
          vmStatus(await lifecycle.peek(userId), mode, policy),
        ),
      };
    }),
    endpoint(ROUTES.vm.rebootstrap, async ({ identity, trace }) => {
      const { userId, orgId } = signedIn(identity);
      return {
        data: await runInContext({ ...trace, userId }, async () =>
          vmStatus(await lifecycle.ensure({ userId, orgId }, { force: true }), mode, policy),
        ),
      };
    }),
  ];
  return endpoints.map(({ route, answer }) => ({
    route,
    answer: (data, trace) => whileSomeoneWaits(() => answer(data, trace)),
  }));
}

function signedIn(identity: Identity | null): Identity {
  if (!identity) throw new SemibotError('AUTH_REQUIRED');
  return identity;
}
