import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateNatsKeys, type NatsKeys, type StartedNats, startNats } from '@semibot/local';
import { inboxPrefix } from '@semibot/protocol';
import { applyStreams } from '../apply-streams.ts';
import { type Bus, type BusLogger, connectBus } from '../connect.ts';

/** What the bus says in tests goes nowhere: kills make it say a lot. */
export const silentLogger: BusLogger = { info() {}, warn() {}, error() {} };

/** A real nats-server with the system's accounts and streams, which a test may kill and bring back. */
export interface BusLab extends AsyncDisposable {
  url(): string;
  /** `inbox` names whose inbox it answers to, where that is not its own. */
  connect(service: 'relay' | 'chat' | 'scheduler' | 'setup', name?: string, inbox?: string): Promise<Bus>;
  /** What a service that runs as a process of its own needs to connect. */
  login(service: 'relay' | 'chat' | 'scheduler'): { url: string; seed: string };
  /** SIGKILL, then the same server again on the same port and files. */
  killServer(): Promise<void>;
}

export async function startBusLab(): Promise<BusLab> {
  const dir = await mkdtemp(join(tmpdir(), 'semibot-bus-'));
  const keys: NatsKeys = generateNatsKeys();
  let server: StartedNats = await startNats({ dir, keys });
  const buses: Bus[] = [];
  const lab: BusLab = {
    url: () => server.url,
    login: (service) => ({ url: server.url, seed: keys[service].seed }),
    async connect(service, name = service, inbox = service) {
      const bus = await connectBus({
        servers: server.url,
        name,
        inboxPrefix: inboxPrefix(inbox),
        nkeySeed: keys[service].seed,
        logger: silentLogger,
      });
      buses.push(bus);
      return bus;
    },
    async killServer() {
      const { port } = server;
      await server.kill('SIGKILL');
      server = await startNats({ dir, keys, port });
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(buses.map((bus) => bus.nc.close()));
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
  const setup = await lab.connect('setup');
  await applyStreams(setup);
  return lab;
}
