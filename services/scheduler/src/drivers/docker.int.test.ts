import { whyNoDocker } from '@semibot/images';
import { describe, it } from 'vitest';
import { type DockerLab, docker, startDockerLab } from '../testing/docker-lab.ts';
import { type DriverHarness, describeDriver, programEnvironment } from '../testing/driver-suite.ts';
import { createDockerDriver } from './docker.ts';
import { containerName } from './docker-container.ts';

const reason = await whyNoDocker();
if (reason) {
  console.log(`Runtimes as containers are not tested here: ${reason}`);
  describe.skip(`runtimes as containers (skipped: ${reason})`, () => {
    it('need a Docker engine', () => {});
  });
} else {
  let engine: DockerLab;
  describeDriver({
    title: 'runtimes as containers',
    killed: 'by SIGKILL',
    async setUp(lab): Promise<DriverHarness> {
      engine = await startDockerLab(lab.natsUrl);
      const imageEnv: string[] = JSON.parse(
        await docker('image', 'inspect', '-f', '{{json .Config.Env}}', engine.programSettings.image),
      );
      return {
        driver(program) {
          const driver = createDockerDriver({
            settings: engine.programSettings,
            natsUrl: engine.natsUrl,
            environment: { PATH: '/of/another/machine', ...programEnvironment(program) },
          });
          return {
            ...driver,
            spawn(start) {
              engine.remember(start.userId);
              return driver.spawn(start);
            },
          };
        },
        async stateOf(userId) {
          const status = await docker('inspect', '-f', '{{.State.Status}}', containerName(userId)).catch(
            () => 'removed',
          );
          return status === 'running' ? 'running' : status === 'paused' ? 'halted' : 'gone';
        },
        crash: async (userId) => void (await docker('kill', '-s', 'KILL', containerName(userId))),
        hang: async (userId) => void (await docker('pause', containerName(userId))),
        printed: (userId) => docker('logs', containerName(userId)),
        environment: [
          ...new Set([
            ...imageEnv.map((line) => line.split('=', 1)[0] ?? ''),
            'HOME',
            'HOSTNAME',
            'NATS_URL',
            'SEMIBOT_DATA_DIR',
            'VM_INSTANCE_ID',
            'VM_ORG_ID',
            'VM_SECRETS_FILE',
            'VM_USER_ID',
          ]),
        ],
        arguments: ['/app/services/runtime/src/testing/runtime-program.ts'],
        close: async () => await engine[Symbol.asyncDispose](),
      };
    },
  });
}
