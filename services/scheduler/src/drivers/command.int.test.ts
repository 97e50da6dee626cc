import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Scheduler } from '../scheduler.ts';
import { type SchedulerLab, startSchedulerLab } from '../testing/scheduler-lab.ts';
import { createCommandDriver } from './command.ts';

const PROGRAM = new URL('../testing/runtime-program.ts', import.meta.url).pathname;

describe('runtimes that a command brings up', () => {
  let lab: SchedulerLab;
  beforeAll(async () => {
    lab = await startSchedulerLab();
  });
  afterAll(async () => {
    for (const pid of (await readFile(pidFile(), 'utf8').catch(() => '')).trim().split('\n'))
      if (Number(pid) > 1) process.kill(Number(pid), 'SIGKILL');
    await lab?.[Symbol.asyncDispose]();
  });

  const pidFile = (): string => join(lab.dataDir, 'pids');
  const environment = { PATH: process.env.PATH ?? '' };
  const driverFor = (command: string) =>
    createCommandDriver({ command, dataDir: lab.dataDir, natsUrl: lab.natsUrl, environment });
  const someone = () => ({ userId: newId(), orgId: newId() });
  const env = { VM_BOOTSTRAP_COOLDOWN_MS: '1000', VM_PROVISIONING_RETRY_COOLDOWN_MS: '1000' };
  const instanceOf = async (scheduler: Scheduler, userId: string) =>
    (await scheduler.lifecycle.peek(userId)).instance;

  it('are ready when the command has started them and ended', async () => {
    const command = `"${process.execPath}" "${PROGRAM}" & echo $! >> "${pidFile()}"`;
    const scheduler = await lab.startScheduler(driverFor(command));
    const user = someone();
    await scheduler.lifecycle.ensure(user);
    await expect
      .poll(() => instanceOf(scheduler, user.userId), { timeout: 10_000 })
      .toMatchObject({ status: 'ready', mode: 'command', bootstrapLastError: null });
    await scheduler.close();
  });

  it('are given all that they need, by the environment alone', async () => {
    const file = join(lab.dataDir, 'environment');
    const driver = driverFor(`env > "${file}"`);
    const start = { ...someone(), instanceId: newId(), token: 'a.b.c', ticket: 'd', force: true };
    await driver.spawn(start);
    const given = Object.fromEntries(
      (await readFile(file, 'utf8'))
        .trim()
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    const { PWD: _pwd, SHLVL: _shlvl, OLDPWD: _oldpwd, _: _last, ...variables } = given;
    expect(variables).toEqual({
      ...environment,
      NATS_URL: lab.natsUrl,
      VM_MODE: 'command',
      VM_USER_ID: start.userId,
      VM_ORG_ID: start.orgId,
      VM_INSTANCE_ID: start.instanceId,
      VM_TOKEN: 'a.b.c',
      VM_TICKET: 'd',
      FORCE_RESTART_RUNTIME: '1',
    });
  });

  it('leave the reason behind when the command fails, again and again up to the cap, without their secrets', async () => {
    const command =
      'echo "no machine for $VM_TOKEN and $VM_TICKET, force $FORCE_RESTART_RUNTIME" >&2; exit 3';
    const driver = driverFor(command);
    const scheduler = await lab.startScheduler(driver, { ...env, VM_BOOTSTRAP_MAX_ATTEMPTS: '2' });
    const user = someone();
    await scheduler.lifecycle.ensure(user);
    await expect
      .poll(() => instanceOf(scheduler, user.userId), { timeout: 10_000 })
      .toMatchObject({
        status: 'failed',
        bootstrapAttempts: 2,
        bootstrapLastError:
          'bootstrap attempts exceeded: the runtime could not be started: VM_BOOTSTRAP_CMD ended with code 3: ' +
          'no machine for [secret] and [secret], force 0',
      });
    await scheduler.close();
  });

  it('leave the reason behind when the command fails after a while', async () => {
    const driver = driverFor('sleep 2.2; echo "too slow"; exit 4');
    const runtime = await driver.spawn({
      ...someone(),
      instanceId: newId(),
      token: 'a.b.c',
      ticket: 'd',
      force: false,
    });
    expect(await runtime.ended).toBe('VM_BOOTSTRAP_CMD ended with code 4: too slow');
  });
});
