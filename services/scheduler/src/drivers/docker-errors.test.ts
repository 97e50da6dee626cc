import { newId } from '@semibot/protocol';
import { describe, expect, it } from 'vitest';
import { createDockerDriver } from './docker.ts';
import { explainEngineError } from './docker-errors.ts';
import type { DockerSettings } from './docker-settings.ts';

const settings: DockerSettings = {
  engine: 'unix:///var/run/docker.sock',
  image: 'semibot-runtime',
  network: 'semibot-runtimes',
  egress: 'none',
  memoryMb: 512,
  cpus: 1,
  pids: 256,
};

describe('what goes wrong with the engine', () => {
  it.each([
    [
      'an image that is not there',
      { statusCode: 404, json: { message: 'No such image: semibot-runtime:latest' } },
      'there is no image semibot-runtime: build it with "npm run images", or name another with VM_DOCKER_IMAGE',
    ],
    [
      'an engine that does not run',
      { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED /var/run/docker.sock' },
      'no Docker engine answers at unix:///var/run/docker.sock (ECONNREFUSED): is it running, and is DOCKER_HOST right?',
    ],
    [
      'a socket that is not for us',
      { code: 'EACCES', message: 'connect EACCES /var/run/docker.sock' },
      "this user may not use the Docker engine at unix:///var/run/docker.sock: it is not in the socket's group",
    ],
    [
      'a refusal',
      { statusCode: 409, json: { message: 'Conflict.' } },
      'the Docker engine refused (409): Conflict.',
    ],
    ['anything else', new Error('socket hang up'), 'the Docker engine: socket hang up'],
  ])('is told in words: %s', (_what, error, text) => {
    expect(explainEngineError(error, settings)).toMatchObject({ message: text, cause: error });
  });

  it('is told by the driver, too', async () => {
    const nowhere = { ...settings, engine: 'unix:///nowhere/docker.sock' };
    const driver = createDockerDriver({ settings: nowhere, natsUrl: 'nats://nats:4222', environment: {} });
    await expect(driver.find(newId())).rejects.toThrow(
      'no Docker engine answers at unix:///nowhere/docker.sock',
    );
  });

  it.each(['nats://127.0.0.1:4222', 'nats://nats:4222, nats://localhost:4222', 'nats://[::1]:4222'])(
    'begins with a bus that no container can reach: %s',
    (natsUrl) => {
      expect(() => createDockerDriver({ settings, natsUrl, environment: {} })).toThrow(
        'VM_NATS_URL must be where containers reach the bus',
      );
    },
  );
});
