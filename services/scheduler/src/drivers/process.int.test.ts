import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { newId } from '@semibot/protocol';
import { expect, it } from 'vitest';
import { type DriverHarness, describeDriver, programEnvironment } from '../testing/driver-suite.ts';
import type { SchedulerLab } from '../testing/scheduler-lab.ts';
import { createProcessDriver } from './process.ts';
import { isRuntimeOf } from './process-identity.ts';

const PROGRAM = fileURLToPath(new URL('../testing/runtime-program.ts', import.meta.url));
const PATH = process.env.PATH ?? '';

const pidFile = (lab: SchedulerLab, userId: string) => join(lab.dataDir, 'run', `runtime-${userId}.pid`);
const pidOf = async (lab: SchedulerLab, userId: string) =>
  Number(await readFile(pidFile(lab, userId), 'utf8'));

describeDriver(
  {
    title: 'runtimes as processes',
    killed: 'by SIGKILL',
    async setUp(lab): Promise<DriverHarness> {
      const { dataDir, natsUrl } = lab;
      return {
        driver: (program) =>
          createProcessDriver({
            dataDir,
            natsUrl,
            entry: PROGRAM,
            environment: { PATH, ...programEnvironment(program) },
          }),
        async stateOf(userId) {
          const pid = await pidOf(lab, userId).catch(() => 0);
          if (pid === 0 || !(await isRuntimeOf(pid, userId))) return 'gone';
          return (await isStopped(pid)) ? 'halted' : 'running';
        },
        crash: async (userId) => void process.kill(await pidOf(lab, userId), 'SIGKILL'),
        hang: async (userId) => void process.kill(await pidOf(lab, userId), 'SIGSTOP'),
        printed: (userId) => readFile(join(dataDir, 'logs', `runtime-${userId}.log`), 'utf8'),
        environment: [
          'NATS_URL',
          'NODE_COMPILE_CACHE',
          'PATH',
          'SEMIBOT_DATA_DIR',
          'VM_INSTANCE_ID',
          'VM_ORG_ID',
          'VM_TICKET',
          'VM_TOKEN',
          'VM_USER_ID',
        ],
        arguments: [PROGRAM],
      };
    },
  },
  (suite) => {
    it('have a name of their own in the process list', async () => {
      const { userId } = await suite().bringUp();
      const pid = await pidOf(suite().lab, userId);
      expect(await isRuntimeOf(pid, userId)).toBe(true);
      expect(await isRuntimeOf(pid, newId())).toBe(false);
    });

    it('are never confused with another process that has their number', async () => {
      const { lab, harness, someone } = suite();
      const user = someone();
      const driver = harness.driver('idle');
      await driver.spawn({ ...user, instanceId: newId(), token: 't', ticket: 't', force: false });
      await driver.kill(user.userId);
      await writeFile(pidFile(lab, user.userId), `${process.pid}\n`);
      expect(await driver.find(user.userId)).toBeNull();
      await driver.kill(user.userId);
      expect(process.kill(process.pid, 0)).toBe(true);
    });
  },
);

async function isStopped(pid: number): Promise<boolean> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'state=', '-p', String(pid)]);
  return stdout.trim().startsWith('T');
}
