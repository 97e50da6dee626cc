import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildImage, dockerBuild } from '@semibot/images';
import { newId } from '@semibot/protocol';
import { openEngine } from '../drivers/docker.ts';
import { containerName, volumeName } from '../drivers/docker-container.ts';
import { ensureNetwork } from '../drivers/docker-network.ts';
import type { DockerSettings } from '../drivers/docker-settings.ts';

const PROGRAM_IMAGE = 'semibot-runtime-program';
const HERE = fileURLToPath(new URL('.', import.meta.url));

/** Runs the docker command; gives what it prints on stdout. Rejects with what it printed on stderr. */
export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('docker', args, { maxBuffer: 64 * 1024 * 1024 });
  return stdout.trim();
}

/** A network of runtimes on the real engine, with the images, and the lab's bus on it. */
export interface DockerLab extends AsyncDisposable {
  settings: DockerSettings;
  /** The settings with the program that tests start in place of the runtime. */
  programSettings: DockerSettings;
  /** The lab's NATS as containers reach it. */
  natsUrl: string;
  /** Has this user's container and volume removed in the end. */
  remember(userId: string): void;
}

/**
 * Builds the images, which is quick where nothing has changed, and makes a network. The lab's NATS listens on the
 * loopback address; it is handed on from this machine's address on the network, and nothing else is.
 */
export async function startDockerLab(natsUrl: string): Promise<DockerLab> {
  const built = await buildImage('runtime');
  console.log(`image ${built.name}: ${Math.round(built.bytes / 1e6)} MB, built in ${built.durationMs} ms`);
  await dockerBuild({ dockerfile: `${HERE}runtime-program.Dockerfile`, context: HERE, tag: PROGRAM_IMAGE });

  const settings: DockerSettings = {
    engine: process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock',
    image: built.name,
    network: `semibot-test-${newId()}`,
    egress: 'none',
    memoryMb: 512,
    cpus: 1,
    pids: 256,
  };
  const gateway = await ensureNetwork(openEngine(settings), settings);
  if (!gateway) throw new Error('this machine has no address on the network');
  const bridge = await handOn(Number(new URL(natsUrl).port), gateway);
  const users = new Set<string>();
  return {
    settings,
    programSettings: { ...settings, image: PROGRAM_IMAGE },
    natsUrl: `nats://host.docker.internal:${bridge.port}`,
    remember: (userId) => void users.add(userId),
    async [Symbol.asyncDispose]() {
      for (const userId of users) {
        await docker('rm', '-f', containerName(userId)).catch(() => {});
        await docker('volume', 'rm', '-f', volumeName(userId));
      }
      await bridge.close();
      await docker('network', 'rm', settings.network);
    },
  };
}

/** Hands connections to the address on to the same machine's loopback port. */
async function handOn(port: number, address: string): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from
        .on('error', () => to.destroy())
        .on('close', () => {
          sockets.delete(from);
          to.destroy();
        });
    }
  });
  await once(server.listen(0, address), 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the bridge has no port');
  return {
    port: bound.port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
