import { jetstream } from '@nats-io/jetstream';
import { type Bus, callRoute } from '@semibot/bus';
import {
  deadLetterMessage,
  ensureVm,
  HEADERS,
  newId,
  vmGoneMessage,
  vmHeartbeatMessage,
  vmReadyMessage,
} from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Scheduler } from '../scheduler.ts';
import { createHandDriver, type HandDriver, type HandRuntime } from '../testing/hand-driver.ts';
import { connectAsRuntime, type HandRuntimeClient } from '../testing/hand-runtime.ts';
import { type SchedulerLab, startSchedulerLab } from '../testing/scheduler-lab.ts';

describe('what is known of runtimes', () => {
  let lab: SchedulerLab;
  let driver: HandDriver;
  let scheduler: Scheduler;
  let sys: Bus;
  /** Of whom it was said that they are gone, by boot id. */
  const gone: string[] = [];
  /** Connections that the server says have ended. */
  const ended: number[] = [];

  beforeAll(async () => {
    lab = await startSchedulerLab();
    driver = createHandDriver();
    scheduler = await lab.startScheduler(driver);
    await lab.startScheduler(driver);
    const operator = await lab.connect('operator');
    operator.nc.subscribe(vmGoneMessage.filter(), {
      callback: (_error, message) => void gone.push(vmGoneMessage.decode(message.data).bootId),
    });
    sys = await lab.connect('sys');
    sys.nc.subscribe('$SYS.ACCOUNT.RT.DISCONNECT', {
      callback: (_error, message) => void ended.push(message.json<{ client: { id: number } }>().client.id),
    });
    await Promise.all([operator.nc.flush(), sys.nc.flush()]);
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  const stateOf = async (userId: string) => (await scheduler.lifecycle.peek(userId)).instance;
  const wasFor = (userId: string, ms: number): Promise<unknown> => {
    const then = new Date(Date.now() - ms);
    const times = { connectedAt: then, readyAt: then, lastHeartbeatAt: then };
    return lab.db.updateTable('userVmInstances').set(times).where('userId', '=', userId).execute();
  };

  async function bringUp(reconnect = false): Promise<{ started: HandRuntime; client: HandRuntimeClient }> {
    const user = { userId: newId(), orgId: newId() };
    await scheduler.lifecycle.ensure(user);
    const started = await driver.started(user.userId);
    const client = await connectAsRuntime(lab.natsUrl, started, { reconnect });
    await client.sayReady();
    await expect.poll(() => stateOf(user.userId)).toMatchObject({ status: 'ready', bootId: client.bootId });
    return { started, client };
  }

  it('a closed connection is known at once; its living process may come back and nobody is told', async () => {
    const { started, client } = await bringUp();
    await client.nc.close();
    await expect.poll(() => stateOf(started.userId)).toMatchObject({ status: 'disconnected' });
    await using again = await connectAsRuntime(lab.natsUrl, started, client);
    await again.sayReady();
    await expect
      .poll(() => stateOf(started.userId))
      .toMatchObject({ status: 'ready', bootId: client.bootId });
    expect(gone).not.toContain(client.bootId);
    expect(driver.starts.filter(({ userId }) => userId === started.userId)).toHaveLength(1);
  });

  it('a living process that does not come back is replaced', async () => {
    const { started, client } = await bringUp();
    await client.nc.close();
    await expect.poll(() => gone, { timeout: 15_000 }).toContain(client.bootId);
    expect((await driver.started(started.userId, 2)).instanceId).toBe(started.instanceId);
  });

  it("an older connection's late end does not make the newer one disconnected", async () => {
    const { started, client } = await bringUp();
    const olderId = client.nc.info?.client_id;
    await using newer = await connectAsRuntime(lab.natsUrl, started, client);
    await newer.sayReady();
    // The scheduler closes the older one when the newer is ready.
    await client.nc.closed();
    await expect.poll(() => ended).toContain(olderId);
    await scheduler.lifecycle.drive(started.userId);
    expect(await stateOf(started.userId)).toMatchObject({
      status: 'ready',
      connectionId: String(newer.nc.info?.client_id),
    });
    expect(gone).not.toContain(client.bootId);
  });

  it('a runtime whose heartbeat has run out is given up though its connection stands', async () => {
    const { started, client } = await bringUp();
    await using _ = client;
    await wasFor(started.userId, 60_000);
    await expect.poll(() => gone, { timeout: 15_000 }).toContain(client.bootId);
    expect((await driver.started(started.userId, 2)).instanceId).toBe(started.instanceId);
    await client.nc.closed();
  });

  it('a runtime whose heartbeat the books have missed is not given up', async () => {
    const { started, client } = await bringUp();
    await using _ = client;
    await client.beat();
    const heardAt = async () => (await stateOf(started.userId))?.lastHeartbeatAt?.getTime();
    await wasFor(started.userId, 60_000);
    await expect.poll(heardAt, { timeout: 15_000 }).toBeGreaterThan(Date.now() - 30_000);
    expect(await stateOf(started.userId)).toMatchObject({ status: 'ready', bootId: client.bootId });
  });

  it('a fact that cannot be read is put aside, and nobody else is held up', async () => {
    const { started, client } = await bringUp();
    await using _ = client;
    const operator = await lab.connect('operator');
    const aside: string[] = [];
    operator.nc.subscribe(deadLetterMessage.filter(), {
      callback: (_error, message) => void aside.push(message.headers?.get(HEADERS.deadSubject) ?? ''),
    });
    await operator.nc.flush();
    const facts = [vmReadyMessage, vmHeartbeatMessage].map((fact) => fact.format({ user: started.userId }));
    for (const subject of facts) await jetstream(client.nc).publish(subject, 'no JSON');
    await expect.poll(() => [...new Set(aside)].sort()).toEqual(facts.sort());
    await wasFor(started.userId, 60_000);
    const { started: next, client: another } = await bringUp();
    await using __ = another;
    expect(await stateOf(next.userId)).toMatchObject({ status: 'ready' });
  });

  it('a restart of the bus costs no runtime that comes back', async () => {
    const { started, client } = await bringUp(true);
    await using _ = client;
    const { promise: back, resolve } = Promise.withResolvers<void>();
    void (async () => {
      for await (const status of client.nc.status()) if (status.type === 'reconnect') resolve();
    })();
    await lab.killNats();
    await back;
    await client.sayReady();
    await expect
      .poll(() => stateOf(started.userId), { timeout: 15_000 })
      .toMatchObject({ status: 'ready', bootId: client.bootId, serverId: client.nc.info?.server_id });
    expect(gone).not.toContain(client.bootId);
    expect(driver.starts.filter(({ userId }) => userId === started.userId)).toHaveLength(1);
  });

  it('a runtime that died while the bus was away is found and replaced', async () => {
    const { started, client } = await bringUp();
    const killed = lab.killNats();
    started.end('by SIGKILL');
    await killed;
    await expect.poll(() => gone, { timeout: 15_000 }).toContain(client.bootId);
    expect((await driver.started(started.userId, 2)).instanceId).toBe(started.instanceId);
  });

  it('nothing is lost while the database is away, and whoever asks is told so', async () => {
    const { started, client } = await bringUp();
    const bringBack = await lab.killPostgres();
    started.end('by SIGKILL');
    await client.nc.close();
    const asked = callRoute(await lab.connect('chat'), ensureVm, {
      identity: null,
      body: { userId: newId(), orgId: newId() },
    });
    await expect(asked).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(await scheduler.isReady()).toBe(false);
    await bringBack();
    await expect.poll(() => gone, { timeout: 15_000 }).toContain(client.bootId);
    const next = await driver.started(started.userId, 2);
    await using second = await connectAsRuntime(lab.natsUrl, next);
    await second.sayReady();
    await expect.poll(() => stateOf(started.userId)).toMatchObject({ bootId: second.bootId });
    expect(await scheduler.isReady()).toBe(true);
  });

  it('a scheduler that starts takes the living over and misses nobody who died', async () => {
    const { started: alive, client } = await bringUp();
    await using _ = client;
    const { started: dead, client: lost } = await bringUp();
    await client.beat();
    await wasFor(alive.userId, 60_000);
    // As if both schedulers had been away when it died.
    await lab.db
      .updateTable('userVmInstances')
      .set({ connectionId: '999999', vmId: 'forgotten' })
      .where('userId', '=', dead.userId)
      .execute();
    await driver.kill(dead.userId);
    await using third = await lab.startScheduler(driver);
    await expect.poll(() => gone, { timeout: 15_000 }).toContain(lost.bootId);
    await driver.started(dead.userId, 2);
    const { decision } = await third.lifecycle.peek(alive.userId);
    expect(decision).toEqual({ type: 'ready' });
    expect(gone).not.toContain(client.bootId);
  });
});
