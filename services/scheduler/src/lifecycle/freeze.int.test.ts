import { callRoute } from '@semibot/bus';
import { ensureVm, limits, newId, vmFrozenMessage } from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Scheduler } from '../scheduler.ts';
import { createHandDriver, type HandDriver, type HandRuntime } from '../testing/hand-driver.ts';
import { connectAsRuntime, type HandRuntimeClient } from '../testing/hand-runtime.ts';
import { type SchedulerLab, startSchedulerLab } from '../testing/scheduler-lab.ts';

const IDLE_MS = 1_000;

describe('the sleep of an idle runtime', () => {
  let lab: SchedulerLab;
  let driver: HandDriver;
  let scheduler: Scheduler;
  const toldFrozen: string[] = [];

  beforeAll(async () => {
    lab = await startSchedulerLab();
    driver = createHandDriver();
    const env = { VM_IDLE_FREEZE_MS: `${IDLE_MS}` };
    scheduler = await lab.startScheduler(driver, env);
    await lab.startScheduler(driver, env);
    const operator = await lab.connect('operator');
    operator.nc.subscribe(vmFrozenMessage.filter(), {
      callback: (_error, message) => void toldFrozen.push(vmFrozenMessage.decode(message.data).bootId),
    });
    await operator.nc.flush();
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  type Up = { user: { userId: string; orgId: string }; started: HandRuntime; client: HandRuntimeClient };
  const stateOf = async (userId: string) => (await scheduler.lifecycle.peek(userId)).instance;
  const statusOf = async (userId: string) => (await stateOf(userId))?.status;

  /** A runtime that is ready, and was not asked for since. */
  async function aReadyRuntime(): Promise<Up> {
    const user = { userId: newId(), orgId: newId() };
    await scheduler.lifecycle.ensure(user);
    const started = await driver.started(user.userId);
    const client = await connectAsRuntime(lab.natsUrl, started);
    await client.sayReady();
    await expect.poll(() => statusOf(user.userId)).toBe('ready');
    return { user, started, client };
  }
  const fallAsleep = async ({ user, client }: Up): Promise<void> => {
    await client.beat(limits.VM_HEARTBEAT_TTL_MS, IDLE_MS);
    await expect.poll(() => statusOf(user.userId)).toBe('frozen');
  };
  const ensure = async (user: Up['user']) => {
    const chat = await lab.connect('chat');
    return (await callRoute(chat, ensureVm, { identity: null, body: user })).data;
  };

  it('begins when it has had no run for long enough, and everyone is told', async () => {
    const up = await aReadyRuntime();
    await using _ = up.client;
    await up.client.beat(limits.VM_HEARTBEAT_TTL_MS, IDLE_MS - 1);
    await up.client.nc.flush();
    expect(driver.frozen.has(up.user.userId)).toBe(false);
    await fallAsleep(up);
    expect(driver.frozen.has(up.user.userId)).toBe(true);
    await expect.poll(() => toldFrozen.filter((bootId) => bootId === up.client.bootId)).toHaveLength(1);
  });

  it('ends when the runtime is asked for: it is ready in the same answer', async () => {
    const up = await aReadyRuntime();
    await using _ = up.client;
    await fallAsleep(up);
    expect(await ensure(up.user)).toMatchObject({ ready: true, status: 'ready', bootId: up.client.bootId });
    expect(driver.frozen.has(up.user.userId)).toBe(false);
    expect(driver.starts.filter(({ userId }) => userId === up.user.userId)).toHaveLength(1);
  });

  it('does not come over a runtime that was asked for a moment ago', async () => {
    const up = await aReadyRuntime();
    await using _ = up.client;
    await fallAsleep(up);
    await ensure(up.user);
    await up.client.beat(limits.VM_HEARTBEAT_TTL_MS, IDLE_MS);
    // Heartbeats are heard in the order in which they were kept.
    const later = await aReadyRuntime();
    await using _later = later.client;
    await fallAsleep(later);
    expect(await statusOf(up.user.userId)).toBe('ready');
  });

  it('goes on when the connection is lost meanwhile; the same process comes back to be ready', async () => {
    const up = await aReadyRuntime();
    await fallAsleep(up);
    await up.client.nc.close();
    await expect.poll(async () => (await stateOf(up.user.userId))?.connectionId).toBeNull();
    expect(await statusOf(up.user.userId)).toBe('frozen');

    expect(await ensure(up.user)).toMatchObject({ ready: false, status: 'disconnected' });
    const { seed, bootId } = up.client;
    await using back = await connectAsRuntime(lab.natsUrl, up.started, { seed, bootId });
    await back.sayReady();
    await expect.poll(() => ensure(up.user)).toMatchObject({ ready: true, bootId });
    expect(driver.starts.filter(({ userId }) => userId === up.user.userId)).toHaveLength(1);
  });

  it('of one whose process has ended ends with a new process', async () => {
    const up = await aReadyRuntime();
    await fallAsleep(up);
    up.started.end('by SIGKILL');
    await up.client.nc.close();
    await expect
      .poll(() => stateOf(up.user.userId))
      .toMatchObject({ status: 'frozen', vmId: null, connectionId: null });
    expect(driver.starts.filter(({ userId }) => userId === up.user.userId)).toHaveLength(1);

    expect(await ensure(up.user)).toMatchObject({ ready: false, status: 'starting' });
    await driver.started(up.user.userId, 2);
  });
});
