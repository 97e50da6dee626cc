import { callRoute } from '@semibot/bus';
import { ensureVm, newId, ROUTES, vmGoneMessage } from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Scheduler } from '../scheduler.ts';
import { createHandDriver, type HandDriver, type HandRuntime } from '../testing/hand-driver.ts';
import { connectAsRuntime, type HandRuntimeClient } from '../testing/hand-runtime.ts';
import { type SchedulerLab, startSchedulerLab } from '../testing/scheduler-lab.ts';

describe('the life of a runtime', () => {
  let lab: SchedulerLab;
  let driver: HandDriver;
  let schedulers: Scheduler[];

  beforeAll(async () => {
    lab = await startSchedulerLab();
    await lab.serveSignIns();
    driver = createHandDriver();
    const env = { VM_BOOTSTRAP_COOLDOWN_MS: '1500', VM_PROVISIONING_RETRY_COOLDOWN_MS: '1000' };
    schedulers = [await lab.startScheduler(driver, env), await lab.startScheduler(driver, env)];
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  const someone = () => ({ userId: newId(), orgId: newId() });
  const scheduler = (n: 0 | 1): Scheduler => {
    const found = schedulers[n];
    if (!found) throw new Error('no such scheduler');
    return found;
  };
  const ensure = async (user: { userId: string; orgId: string }) => {
    const chat = await lab.connect('chat');
    const { data } = await callRoute(chat, ensureVm, { identity: null, body: user });
    return data;
  };
  const stateOf = async (userId: string) => (await scheduler(0).lifecycle.peek(userId)).instance;

  /** Brings a user's runtime up to ready. */
  async function bringUp(user = someone()): Promise<{
    user: typeof user;
    started: HandRuntime;
    client: HandRuntimeClient;
  }> {
    await scheduler(0).lifecycle.ensure(user);
    const started = await driver.started(user.userId);
    const client = await connectAsRuntime(lab.natsUrl, started);
    await client.sayReady();
    await expect.poll(() => ensure(user)).toMatchObject({ ready: true, bootId: client.bootId });
    return { user, started, client };
  }

  it('begins once, however many ask and however many schedulers there are', async () => {
    const user = someone();
    const asked = Array.from({ length: 20 }, (_, n) => scheduler(n % 2 ? 1 : 0).lifecycle.ensure(user));
    const outcomes = await Promise.all(asked);
    expect(new Set(outcomes.map(({ instance }) => instance.id)).size).toBe(1);
    const rows = await lab.db
      .selectFrom('userVmInstances')
      .select(['bootstraps', 'status'])
      .where('userId', '=', user.userId)
      .execute();
    expect(rows).toHaveLength(1);
    expect(rows[0]?.bootstraps).toBe(1);
    await driver.started(user.userId);
    expect(driver.starts.filter(({ userId }) => userId === user.userId)).toHaveLength(1);
  });

  it('is ready once the runtime says so, and its attempts are forgotten', async () => {
    const user = someone();
    expect(await ensure(user)).toMatchObject({ ready: false, status: 'starting', bootId: null });
    const { client } = await bringUp(user);
    await using _ = client;
    expect(await stateOf(user.userId)).toMatchObject({ status: 'ready', bootstrapAttempts: 0 });
  });

  it('begins again at once, with a word to everyone, after a runtime that was ready has died', async () => {
    const { user, started, client } = await bringUp();
    const operator = await lab.connect('operator');
    const gone: unknown[] = [];
    operator.nc.subscribe(vmGoneMessage.filter({ user: user.userId }), {
      callback: (_error, message) => void gone.push(vmGoneMessage.decode(message.data)),
    });
    await operator.nc.flush();

    started.end('by SIGKILL');
    await client.nc.close();
    const next = await driver.started(user.userId, 2);
    expect(next.instanceId).toBe(started.instanceId);
    expect(next.ticket).not.toBe(started.ticket);
    await expect
      .poll(() => gone)
      .toEqual([expect.objectContaining({ bootId: client.bootId, instanceId: started.instanceId })]);

    await using second = await connectAsRuntime(lab.natsUrl, next);
    await second.sayReady();
    await expect.poll(() => ensure(user)).toMatchObject({ ready: true, bootId: second.bootId });
    expect(gone).toHaveLength(1);
  });

  it('is tried again after its cooldown up to the cap, fails with the reason, and then begins anew', async () => {
    const user = someone();
    const operator = { identity: { ...user, role: 'owner', loginId: newId() } } as const;
    await scheduler(0).lifecycle.ensure(user);
    for (let attempt = 1; attempt <= 5; attempt += 1)
      (await driver.started(user.userId, attempt)).end(`with code ${attempt}`);
    const relay = await lab.connect('relay');
    const status = async () => (await callRoute(relay, ROUTES.vm.status, operator)).data;
    await expect.poll(status, { timeout: 10_000 }).toMatchObject({
      status: 'failed',
      attempts: 5,
      lastError: 'bootstrap attempts exceeded: the runtime ended before it was ready: with code 5',
    });
    expect(await ensure(user)).toMatchObject({ ready: false, status: 'failed' });
    const before = await stateOf(user.userId);
    await expect.poll(() => ensure(user), { timeout: 10_000 }).toMatchObject({ status: 'starting' });
    const again = await driver.started(user.userId, 6);
    expect(again.instanceId).not.toBe(before?.id);
  });

  it('tells why it could not be started', async () => {
    const user = someone();
    driver.failing = 'no such program';
    await scheduler(0).lifecycle.ensure(user);
    await expect
      .poll(() => stateOf(user.userId))
      .toMatchObject({
        status: 'provisioning',
        bootstrapLastError: 'the runtime could not be started: no such program',
      });
    driver.failing = null;
    await driver.started(user.userId);
  });

  it('is started anew on request, past every cooldown; the older process is shut out', async () => {
    const { user, started, client } = await bringUp();
    const relay = await lab.connect('relay');
    const identity = { ...user, role: 'member', loginId: newId() } as const;
    const { data } = await callRoute(relay, ROUTES.vm.rebootstrap, { identity });
    expect(data).toMatchObject({ instanceId: started.instanceId, status: 'starting', attempts: 1 });

    await client.nc.closed();
    const older = connectAsRuntime(lab.natsUrl, started, { seed: client.seed });
    await expect(older).rejects.toThrow(/authorization/i);
    const next = await driver.started(user.userId, 2);
    await using second = await connectAsRuntime(lab.natsUrl, next);
    expect(second.nc.isClosed()).toBe(false);
  });

  it('is taken up where a scheduler went down in the middle of a start', async () => {
    const user = someone();
    const { instance } = await scheduler(0).lifecycle.ensure(user);
    (await driver.started(user.userId)).end('with its scheduler');
    await lab.db
      .updateTable('userVmInstances')
      .set({ status: 'starting', vmId: null, lastBootstrapAt: new Date(Date.now() - 10_000) })
      .where('id', '=', instance.id)
      .execute();
    const next = await driver.started(user.userId, 2);
    expect(next.instanceId).toBe(instance.id);
  });

  it('is nobody else to a stranger, and missing where there is none', async () => {
    const relay = await lab.connect('relay');
    const identity = { ...someone(), role: 'member', loginId: newId() } as const;
    expect((await callRoute(relay, ROUTES.vm.status, { identity })).data).toEqual({
      instanceId: null,
      status: 'missing',
      mode: 'process',
      attempts: 0,
      lastBootstrapAt: null,
      lastError: null,
      retryAfterMs: 0,
      instructions: null,
    });
    await expect(callRoute(relay, ROUTES.vm.status, { identity: null })).rejects.toMatchObject({
      code: 'AUTH_REQUIRED',
    });
    lab.revoked.add(identity.loginId);
    await expect(callRoute(relay, ROUTES.vm.status, { identity })).rejects.toMatchObject({
      code: 'AUTH_TOKEN_INVALID',
    });
  });
});
