import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { promisify } from 'node:util';
import type { LocalSystem } from '@semibot/local';
import { newId } from '@semibot/protocol';

/** Where runtimes run: what the system is told of it, and how a runtime's process is found. */
export interface Host {
  driver: 'process' | 'docker';
  env: Record<string, string>;
  /** To be called when the system is there, before anything is asked of it. */
  open(system: LocalSystem): void;
  /** The runtime's process as this machine knows it. */
  pidOf(userId: string): Promise<number>;
  close(): Promise<void>;
}

/** Processes of this machine. */
export function processHost(): Host {
  let system: LocalSystem | null = null;
  return {
    driver: 'process',
    env: { VM_DRIVER: 'process' },
    open(started) {
      system = started;
    },
    async pidOf(userId) {
      if (!system) throw new Error('there is no system yet');
      return system.pidOf(`runtime-${userId}`);
    },
    close: async () => undefined,
  };
}

const docker = async (...args: string[]): Promise<string> =>
  (await promisify(execFile)('docker', args)).stdout.trim();

/**
 * Containers of the engine on this machine, on a network of their own, where the bus is handed on to them. Null, with
 * the reason on stderr, where no engine answers or the image is not built.
 */
export async function dockerHost(): Promise<Host | null> {
  try {
    await docker('image', 'inspect', 'semibot-runtime');
  } catch {
    process.stderr.write('no containers: no engine answers, or `npm run images` has not been run\n');
    return null;
  }
  const network = `semibot-bench-${newId()}`;
  await docker('network', 'create', '--internal', network);
  const gateway = await docker('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Gateway}}', network);
  const users = new Set<string>();
  const sockets = new Set<Socket>();
  let natsPort = 0;
  const bridge = createServer((client) => {
    const upstream = connect(natsPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket.setNoDelay());
      socket.on('error', () => undefined).on('close', () => [client, upstream].map((one) => one.destroy()));
    }
    client.pipe(upstream).pipe(client);
  });
  await once(bridge.listen(0, gateway), 'listening');
  const address = bridge.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;

  return {
    driver: 'docker',
    env: {
      VM_DRIVER: 'docker',
      VM_DOCKER_NETWORK: network,
      VM_NATS_URL: `nats://host.docker.internal:${port}`,
    },
    open(system) {
      natsPort = Number(new URL(system.nats).port);
    },
    async pidOf(userId) {
      users.add(userId);
      const init = await docker('inspect', '-f', '{{.State.Pid}}', `semibot-runtime-${userId}`);
      return Number((await readFile(`/proc/${init}/task/${init}/children`, 'utf8')).trim());
    },
    async close() {
      for (const userId of users) {
        await docker('rm', '-f', `semibot-runtime-${userId}`);
        await docker('volume', 'rm', '-f', `semibot-user-${userId}`);
      }
      for (const socket of sockets) socket.destroy();
      bridge.close();
      await docker('network', 'rm', network);
    },
  };
}
