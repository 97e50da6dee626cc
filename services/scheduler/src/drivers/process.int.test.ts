import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newId, vmReadyMessage } from '@semibot/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Scheduler } from '../scheduler.ts';
import { type SchedulerLab, startSchedulerLab } from '../testing/scheduler-lab.ts';
import type { Driver } from './driver.ts';
import { createProcessDriver } from './process.ts';
import { isRuntimeOf } from './process-identity.ts';

const PROGRAM = fileURLToPath(new URL('../testing/runtime-program.ts', import.meta.url));

describe('runtimes as processes', () => {
  let lab: SchedulerLab;
  let driver: Driver;
  let scheduler: Scheduler;
  const users: string[] = [];
  const driverWith = (environment: Record<string, string>): Driver =>
    createProcessDriver({ dataDir: lab.dataDir, natsUrl: lab.natsUrl, entry: PROGRAM, environment });

  beforeAll(async () => {
    lab = await startSchedulerLab();
    driver = driverWith({ PATH: process.env.PATH ?? '' });
    scheduler = await lab.startScheduler(driver);
  });
  afterEach(async () => {
    for (const userId of users.splice(0)) {
      await lab.db
        .updateTable('userVmInstances')
        .set({ status: 'terminated' })
        .where('userId', '=', userId)
        .execute();
      await driver.kill(userId);
    }
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  const someone = () => {
    const user = { userId: newId(), orgId: newId() };
    users.push(user.userId);
    return user;
  };
  const stateOf = async (userId: string, of = scheduler) => (await of.lifecycle.peek(userId)).instance;
  const file = (kind: 'run' | 'logs', userId: string) =>
    join(lab.dataDir, kind, `runtime-${userId}.${kind === 'run' ? 'pid' : 'log'}`);
  const pidOf = async (userId: string) => Number(await readFile(file('run', userId), 'utf8'));

  async function bringUp() {
    const user = someone();
    await scheduler.lifecycle.ensure(user);
    await expect.poll(() => stateOf(user.userId), { timeout: 15_000 }).toMatchObject({ status: 'ready' });
    return { user, pid: await pidOf(user.userId), instance: await stateOf(user.userId) };
  }

  it('start under a name of their own, with no more of the environment than they need', async () => {
    const { user, pid } = await bringUp();
    expect(await isRuntimeOf(pid, user.userId)).toBe(true);
    const said = (await readFile(file('logs', user.userId), 'utf8')).split('\n', 1)[0] ?? '';
    const { env, argv } = JSON.parse(said);
    expect(env).toEqual([
      'NATS_URL',
      'PATH',
      'SEMIBOT_DATA_DIR',
      'VM_INSTANCE_ID',
      'VM_ORG_ID',
      'VM_TICKET',
      'VM_TOKEN',
      'VM_USER_ID',
    ]);
    expect(argv).toEqual([process.execPath, PROGRAM]);
  });

  it('are back at once after a SIGKILL, as a new process of the same instance', async () => {
    const { user, pid, instance } = await bringUp();
    const operator = await lab.connect('operator');
    const ready = Promise.withResolvers<string>();
    operator.nc.subscribe(vmReadyMessage.filter({ user: user.userId }), {
      callback: (_error, message) => ready.resolve(vmReadyMessage.decode(message.data).bootId),
    });
    await operator.nc.flush();
    const killedAt = Date.now();
    process.kill(pid, 'SIGKILL');
    const bootId = await ready.promise;
    console.log(`a killed runtime was ready again after ${Date.now() - killedAt} ms`);
    expect(bootId).not.toBe(instance?.bootId);
    await expect
      .poll(() => stateOf(user.userId))
      .toMatchObject({ id: instance?.id, status: 'ready', bootId, bootstrapAttempts: 0 });
    expect(await pidOf(user.userId)).not.toBe(pid);
  });

  it('that end before they connect leave the reason behind', async () => {
    const user = someone();
    await using _ = await swapScheduler(driverWith({ LANG: 'exit 3' }));
    await scheduler.lifecycle.ensure(user);
    await expect
      .poll(() => stateOf(user.userId), { timeout: 15_000 })
      .toMatchObject({
        status: 'provisioning',
        vmId: null,
        bootstrapLastError: 'the runtime ended before it was ready: with code 3',
      });
  });

  it('outlive their scheduler; the next one takes them over and replaces them when they die', async () => {
    const { user, pid, instance } = await bringUp();
    await scheduler.close();
    expect(await isRuntimeOf(pid, user.userId)).toBe(true);
    scheduler = await lab.startScheduler(driver);
    const outcome = await scheduler.lifecycle.ensure(user);
    expect(outcome.decision).toEqual({ type: 'ready' });
    process.kill(pid, 'SIGKILL');
    await expect
      .poll(() => stateOf(user.userId), { timeout: 15_000 })
      .toMatchObject({ id: instance?.id, status: 'ready', previousBootId: instance?.bootId });
  });

  it('that are paused are killed when they are replaced', async () => {
    const { user, pid } = await bringUp();
    process.kill(pid, 'SIGSTOP');
    await scheduler.lifecycle.ensure(user, { force: true });
    await expect.poll(() => stateOf(user.userId), { timeout: 15_000 }).toMatchObject({ status: 'ready' });
    expect(await isRuntimeOf(pid, user.userId)).toBe(false);
    expect(await pidOf(user.userId)).not.toBe(pid);
  });

  it('are never confused with another process that has their number', async () => {
    const user = someone();
    await driver.spawn({ ...user, instanceId: newId(), token: 't', ticket: 't', force: false });
    await driver.kill(user.userId);
    await writeFile(file('run', user.userId), `${process.pid}\n`);
    expect(await driver.find(user.userId)).toBeNull();
    await driver.kill(user.userId);
    expect(process.kill(process.pid, 0)).toBe(true);
  });

  /** Runs another driver for a while. */
  async function swapScheduler(other: Driver): Promise<AsyncDisposable> {
    await scheduler.close();
    scheduler = await lab.startScheduler(other);
    return {
      [Symbol.asyncDispose]: async () => {
        await scheduler.close();
        scheduler = await lab.startScheduler(driver);
      },
    };
  }
});
