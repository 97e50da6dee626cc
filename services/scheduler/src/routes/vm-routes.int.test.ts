import { type Bus, callRoute } from '@semibot/bus';
import { type Identity, newId, ROUTES, vmGoneMessage, vmOperatorRoutes } from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Scheduler } from '../scheduler.ts';
import { createHandDriver, type HandDriver } from '../testing/hand-driver.ts';
import { connectAsRuntime } from '../testing/hand-runtime.ts';
import { type SchedulerLab, startSchedulerLab } from '../testing/scheduler-lab.ts';

const ORG = newId();

describe('looking after runtimes', () => {
  let lab: SchedulerLab;
  let driver: HandDriver;
  let scheduler: Scheduler;
  let relay: Bus;
  let vmOperator: Bus;
  /** Oldest first. */
  const users: string[] = [];

  const as = (role: Identity['role'], orgId = ORG): { identity: Identity } => ({
    identity: { userId: newId(), orgId, role, loginId: newId() },
  });
  async function begin(orgId = ORG): Promise<string> {
    const userId = newId();
    await scheduler.lifecycle.ensure({ userId, orgId });
    await driver.started(userId);
    return userId;
  }

  beforeAll(async () => {
    lab = await startSchedulerLab();
    await lab.serveSignIns();
    driver = createHandDriver();
    scheduler = await lab.startScheduler(driver);
    [relay, vmOperator] = [await lab.connect('relay'), await lab.connect('vmOperator')];
    for (let n = 0; n < 3; n += 1) users.push(await begin());
    await begin(newId());
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  it.each(['owner', 'admin'] as const)('an %s sees those of the organization, page by page', async (role) => {
    const first = await callRoute(relay, ROUTES.vm.list, { ...as(role), query: { limit: 2 } });
    const second = await callRoute(relay, ROUTES.vm.list, { ...as(role), query: { limit: 2, page: 2 } });
    expect(first.meta).toEqual({ total: 3, page: 1, limit: 2, totalPages: 2 });
    expect([...first.data, ...second.data].map(({ userId }) => userId)).toEqual([...users].reverse());
    const failed = await callRoute(relay, ROUTES.vm.list, { ...as(role), query: { status: 'failed' } });
    expect(failed).toMatchObject({ data: [], meta: { total: 0 } });
  });

  it('a member may neither see nor stop them', async () => {
    const refused = { code: 'FORBIDDEN' };
    await expect(callRoute(relay, ROUTES.vm.list, as('member'))).rejects.toMatchObject(refused);
    const params = { id: newId() };
    await expect(callRoute(relay, ROUTES.vm.stop, { ...as('member'), params })).rejects.toMatchObject(
      refused,
    );
  });

  it("another organization's runtime is not there", async () => {
    const { data } = await callRoute(relay, ROUTES.vm.list, { ...as('owner'), query: {} });
    const params = { id: data[0]?.id ?? '' };
    const stop = callRoute(relay, ROUTES.vm.stop, { ...as('owner', newId()), params });
    await expect(stop).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const unknown = callRoute(relay, ROUTES.vm.stop, { ...as('owner'), params: { id: newId() } });
    await expect(unknown).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('a runtime that is stopped is over: its process ends, its connection too, and everyone is told', async () => {
    const userId = await begin();
    const started = await driver.started(userId);
    await using client = await connectAsRuntime(lab.natsUrl, started);
    await client.sayReady();
    await expect.poll(async () => (await scheduler.lifecycle.peek(userId)).instance?.status).toBe('ready');
    const operator = await lab.connect('operator');
    const gone = Promise.withResolvers<string>();
    operator.nc.subscribe(vmGoneMessage.filter({ user: userId }), {
      callback: (_error, message) => gone.resolve(vmGoneMessage.decode(message.data).bootId),
    });
    await operator.nc.flush();

    const params = { id: started.instanceId };
    const stopped = await callRoute(relay, ROUTES.vm.stop, { ...as('owner'), params });
    expect(stopped.data).toMatchObject({ id: started.instanceId, status: 'terminated' });
    expect(await driver.find(userId)).toBeNull();
    expect(await gone.promise).toBe(client.bootId);
    await client.nc.closed();
    const back = connectAsRuntime(lab.natsUrl, started, { seed: client.seed });
    await expect(back).rejects.toThrow(/authorization/i);

    expect((await callRoute(relay, ROUTES.vm.stop, { ...as('owner'), params })).data).toEqual(stopped.data);
    const { instance } = await scheduler.lifecycle.ensure({ userId, orgId: ORG });
    expect(instance.id).not.toBe(started.instanceId);
  });

  it('one that is stopped in the middle of its start leaves no process behind', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    driver.holding = promise;
    const userId = newId();
    const { instance } = await scheduler.lifecycle.ensure({ userId, orgId: ORG });
    await expect.poll(() => driver.asked.has(userId)).toBe(true);
    await callRoute(relay, ROUTES.vm.stop, { ...as('owner'), params: { id: instance.id } });
    driver.holding = null;
    resolve();
    const started = await driver.started(userId);
    await expect.poll(() => driver.find(userId)).toBeNull();
    expect(started.instanceId).toBe(instance.id);
    expect((await scheduler.lifecycle.peek(userId)).instance).toMatchObject({
      status: 'terminated',
      vmId: null,
    });
  });

  it('the command line does the same for every organization, and may ask for nothing else', async () => {
    const userId = await begin(newId());
    const call = { identity: null };
    const all = await callRoute(vmOperator, vmOperatorRoutes.list, { ...call, query: { limit: 100 } });
    const found = all.data.find((one) => one.userId === userId);
    expect(found).toMatchObject({ status: expect.stringMatching(/starting|provisioning/) });
    const status = await callRoute(vmOperator, vmOperatorRoutes.status, { ...call, query: { userId } });
    expect(status.data).toMatchObject({ instanceId: found?.id, mode: 'process' });
    const body = { userId, orgId: found?.orgId ?? '' };
    const again = await callRoute(vmOperator, vmOperatorRoutes.rebootstrap, { ...call, body });
    expect(again.data).toMatchObject({ instanceId: found?.id, attempts: 2 });
    const stopped = await callRoute(vmOperator, vmOperatorRoutes.stop, { ...call, body: { userId } });
    expect(stopped.data).toMatchObject({ id: found?.id, status: 'terminated' });

    const told: string[] = [];
    void (async () => {
      for await (const state of vmOperator.nc.status())
        if (state.type === 'error') told.push(state.error.message);
    })();
    for (const subject of [ROUTES.vm.status.subject, '$JS.API.STREAM.DELETE.EVENTS', `events.${userId}.x`])
      vmOperator.nc.publish(subject, '{}');
    await vmOperator.nc.flush();
    await expect.poll(() => told.length).toBe(3);
  });

  it('nobody else reaches what the command line may do', async () => {
    const told: string[] = [];
    void (async () => {
      for await (const state of relay.nc.status()) if (state.type === 'error') told.push(state.error.message);
    })();
    for (const { subject } of Object.values(vmOperatorRoutes)) relay.nc.publish(subject, '{}');
    await relay.nc.flush();
    await expect.poll(() => told.length).toBe(Object.keys(vmOperatorRoutes).length);
  });
});
