import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigError } from '@semibot/service';
import Docker from 'dockerode';
import pLimit from 'p-limit';
import { z } from 'zod';
import { containerName, containerOptions, labels, volumeName } from './docker-container.ts';
import { explainEngineError, hasStatus } from './docker-errors.ts';
import { ensureNetwork } from './docker-network.ts';
import type { DockerSettings } from './docker-settings.ts';
import type { Driver, RuntimeStart, StartedRuntime } from './driver.ts';

/** An engine that hangs is told of after this long; waiting for a container's end begins anew then. */
const CALL_TIMEOUT_MS = 60_000;
/** Between two tries to ask an engine that does not answer how a container ended. */
const WAIT_RETRY_MS = 1_000;
const REMOVAL_POLL_MS = 50;
const REMOVAL_TIMEOUT_MS = 10_000;
const ID_LENGTH = 12;

const exit = z.object({ StatusCode: z.number().int() });

export interface DockerDriverOptions {
  settings: DockerSettings;
  /** The bus as containers reach it. */
  natsUrl: string;
  /** What runtimes may inherit of this process's environment. */
  environment: Record<string, string>;
}

/**
 * Runtimes as containers, one a user, found by name by whichever scheduler asks. A container that has ended stays for
 * `docker logs` until the user's next one, which removes it; the volume with the user's files stays for good.
 *
 * The token and the ticket go in over stdin. The environment of a container's first process can be read by all that
 * runs in the container, an agent's tools among them, and by `docker inspect`; what went through a pipe cannot.
 */
export function createDockerDriver({ settings, natsUrl, environment }: DockerDriverOptions): Driver {
  refuseLoopback(natsUrl);
  const engine = openEngine(settings);
  // Older engines let two networks of one name be made at the same time.
  const oneAtATime = pLimit(1);
  const containerOf = (userId: string): Docker.Container => engine.getContainer(containerName(userId));

  async function stateOf(userId: string): Promise<{ vmId: string; paused: boolean } | null> {
    const found = await containerOf(userId).inspect().catch(nullIf(404));
    return found?.State.Running ? { vmId: vmIdOf(found.Id), paused: found.State.Paused } : null;
  }

  async function kill(userId: string): Promise<void> {
    const deadline = Date.now() + REMOVAL_TIMEOUT_MS;
    const container = containerOf(userId);
    // 409: somebody else is removing it.
    await container.remove({ force: true }).catch(nullIf(404, 409));
    while (await container.inspect().catch(nullIf(404))) {
      if (Date.now() > deadline) throw new Error(`container ${containerName(userId)} cannot be removed`);
      await delay(REMOVAL_POLL_MS);
    }
  }

  async function start(runtime: RuntimeStart): Promise<StartedRuntime> {
    const { userId, token, ticket } = runtime;
    const gateway = await oneAtATime(ensureNetwork, engine, settings);
    await kill(userId);
    await engine.createVolume({ Name: volumeName(userId), Labels: labels(userId) });
    const surroundings = { natsUrl, environment, gateway };
    const container = await engine.createContainer(containerOptions(runtime, settings, surroundings));
    try {
      const stdin = await container.attach({ stream: true, stdin: true, hijack: true });
      // One that ends at once does not read it; `ended` tells of that.
      stdin.on('error', () => {});
      stdin.resume();
      await container.start();
      stdin.end(JSON.stringify({ VM_TOKEN: token, VM_TICKET: ticket }));
    } catch (error) {
      await container.remove({ force: true }).catch(() => {});
      throw error;
    }
    return { vmId: vmIdOf(container.id), ended: endOf(container) };
  }

  async function endOf(container: Docker.Container): Promise<string> {
    for (;;) {
      try {
        const { StatusCode: code } = exit.parse(await container.wait());
        const state = await container.inspect().catch(nullIf(404));
        return howItEnded(code, state?.State.OOMKilled ?? false);
      } catch (error) {
        if (hasStatus(error, 404)) return 'its container was removed';
        await delay(WAIT_RETRY_MS, undefined, { ref: false });
      }
    }
  }

  async function howEnded(userId: string, vmId: string): Promise<string | null> {
    const found = await containerOf(userId).inspect().catch(nullIf(404));
    if (!found || vmIdOf(found.Id) !== vmId || found.State.Status !== 'exited') return null;
    return howItEnded(found.State.ExitCode, found.State.OOMKilled);
  }

  /** A code above 128 is how a container tells of a signal. */
  function howItEnded(code: number, outOfMemory: boolean): string {
    if (outOfMemory) return `because it needed more than its ${settings.memoryMb} MiB of memory`;
    const signal = Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0];
    return signal ? `by ${signal}` : `with code ${code}`;
  }

  async function setPaused(userId: string, paused: boolean): Promise<boolean> {
    const state = await stateOf(userId);
    if (!state) return false;
    if (state.paused === paused) return true;
    const container = containerOf(userId);
    // 409: it has just ended, or another scheduler did the same.
    await (paused ? container.pause() : container.unpause()).catch(nullIf(404, 409));
    return (await stateOf(userId))?.paused === paused;
  }

  /** Engine errors leave the driver as texts for people. */
  const explained = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw explainEngineError(error, settings);
    }
  };

  return {
    mode: 'docker',
    sees: true,
    spawn: (runtime) => explained(start(runtime)),
    find: async (userId) => (await explained(stateOf(userId)))?.vmId ?? null,
    howEnded: (userId, vmId) => explained(howEnded(userId, vmId)),
    kill: (userId) => explained(kill(userId)),
    freeze: (userId) => explained(setPaused(userId, true)),
    thaw: (userId) => explained(setPaused(userId, false)),
  };
}

/** In a container the loopback address is the container's own. Throws ConfigError. */
function refuseLoopback(natsUrl: string): void {
  const hosts = natsUrl.split(',').map((url) => URL.parse(url.trim())?.hostname ?? '');
  if (!hosts.some((host) => host === 'localhost' || host.startsWith('127.') || host === '[::1]')) return;
  const problem = `must be where containers reach the bus, which they do not at ${natsUrl}: as nats://nats:4222 on their network, or nats://host.docker.internal:4222 where it listens on this machine`;
  throw new ConfigError([{ variable: 'VM_NATS_URL', problem }]);
}

const vmIdOf = (containerId: string): string => containerId.slice(0, ID_LENGTH);

/** Nothing is asked of the engine yet. */
export function openEngine({ engine }: Pick<DockerSettings, 'engine'>): Docker {
  const { protocol, pathname, hostname, port } = new URL(engine);
  const address =
    protocol === 'unix:' ? { socketPath: pathname } : { protocol: 'http' as const, host: hostname, port };
  return new Docker({ ...address, timeout: CALL_TIMEOUT_MS });
}

/** For `catch`: null for an error with one of these statuses, any other goes on. */
const nullIf =
  (...statuses: number[]) =>
  (error: unknown): null => {
    if (hasStatus(error, ...statuses)) return null;
    throw error;
  };
