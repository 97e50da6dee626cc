import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { newId } from '@semibot/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type DriverHarness,
  describeDriver,
  type Program,
  programEnvironment,
} from '../testing/driver-suite.ts';
import { CONTAINER_ENVIRONMENT } from '../testing/kubernetes/kubelet.ts';
import { type KubernetesLab, NAMESPACE, PROGRAM, startKubernetesLab } from '../testing/kubernetes/lab.ts';
import { runtimeName } from './kubernetes/pod-spec.ts';
import type { KubernetesDriver } from './kubernetes.ts';

let cluster: KubernetesLab;
beforeAll(async () => {
  cluster = await startKubernetesLab();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

const podOf = (userId: string) => cluster.api.find('pods', NAMESPACE, runtimeName(userId));
const pidOf = (userId: string): number => {
  const container = cluster.api.containerOf(NAMESPACE, runtimeName(userId));
  if (!container) throw new Error('no container runs');
  return container.pid;
};

describeDriver(
  {
    title: 'runtimes as pods',
    killed: 'its pod was deleted',
    freezes: false,
    async setUp({ natsUrl }): Promise<DriverHarness> {
      const drivers = new Map<Program, KubernetesDriver>();
      for (const program of ['ready', 'idle', 'exit 3'] as const)
        drivers.set(program, await cluster.driver({ natsUrl, environment: programEnvironment(program) }));
      return {
        driver(program) {
          const driver = drivers.get(program);
          if (!driver) throw new Error(`no driver for ${program}`);
          return driver;
        },
        async stateOf(userId) {
          const container = cluster.api.containerOf(NAMESPACE, runtimeName(userId));
          if (!container) return 'gone';
          return (await isStopped(container.pid)) ? 'halted' : 'running';
        },
        crash: async (userId) => void process.kill(pidOf(userId), 'SIGKILL'),
        hang: async (userId) => void process.kill(pidOf(userId), 'SIGSTOP'),
        async printed(userId) {
          const pod = podOf(userId);
          return pod ? readFile(cluster.api.node.logFileOf(pod), 'utf8') : '';
        },
        environment: [
          ...CONTAINER_ENVIRONMENT,
          'HOME',
          'NATS_URL',
          'SEMIBOT_DATA_DIR',
          'VM_INSTANCE_ID',
          'VM_ORG_ID',
          'VM_SECRETS_FILE',
          'VM_USER_ID',
        ],
        arguments: [PROGRAM],
      };
    },
  },
  (suite) => {
    it('are asked to stop instead of being halted, and are started anew when they are needed', async () => {
      const { someone, harness } = suite();
      const user = someone();
      const driver = harness.driver('idle');
      expect(await driver.freeze(user.userId)).toBe(false);
      const { ended } = await driver.spawn(startOf(user));
      await expect.poll(() => harness.stateOf(user.userId)).toBe('running');
      expect(await driver.freeze(user.userId)).toBe(true);
      expect(await driver.find(user.userId)).toBeNull();
      expect(await ended).toBe('by SIGTERM');
      await expect.poll(() => podOf(user.userId)).toBeNull();
      expect(await driver.thaw(user.userId)).toBe(false);
    });

    it('are gone while they sleep, and another comes when it is needed', async () => {
      const { lab, someone, harness, instanceOf } = suite();
      const user = someone();
      const { natsUrl } = lab;
      const driver = await cluster.driver({ natsUrl, environment: { LANG: 'sleepy' } });
      const scheduler = await lab.startScheduler(driver);
      await scheduler.lifecycle.ensure(user);
      await expect
        .poll(() => instanceOf(user.userId), { timeout: 15_000 })
        .toMatchObject({ status: 'frozen' });
      const asleep = await instanceOf(user.userId);
      await expect.poll(() => harness.stateOf(user.userId)).toBe('gone');
      await expect
        .poll(() => instanceOf(user.userId))
        .toMatchObject({ status: 'frozen', connectionId: null });
      await scheduler.lifecycle.ensure(user);
      // It says that it is ready, and falls asleep again at once: what stays is whose word was heard.
      const heard = async () => {
        const bootId = (await instanceOf(user.userId))?.bootId;
        return bootId !== null && bootId !== asleep?.bootId;
      };
      await expect.poll(heard, { timeout: 15_000 }).toBe(true);
      expect((await instanceOf(user.userId))?.id).toBe(asleep?.id);
      await scheduler.close();
    });
  },
);

const startOf = (user: { userId: string; orgId: string }) => ({
  ...user,
  instanceId: newId(),
  token: 'a token',
  ticket: 'a ticket',
  force: false,
});

async function isStopped(pid: number): Promise<boolean> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'state=', '-p', String(pid)]);
  return stdout.trim().startsWith('T');
}
