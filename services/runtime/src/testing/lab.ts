import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyStreams, type Bus, connectBus } from '@semibot/bus';
import { generateNatsKeys, type StartedNats, startNats } from '@semibot/local';
import { inboxPrefix, newId } from '@semibot/protocol';
import { createLogger } from '@semibot/service';
import { createRuntime, type Runtime } from '../runtime.ts';
import { type FakeChat, startFakeChat } from './fake-chat.ts';

/** Kills make everyone say a lot. */
const logger = createLogger({ service: 'runtime', level: 'silent' });

export interface StartedRuntime extends Runtime {
  bootId: string;
}

/** A real nats-server with the system's streams, a chat that a test commands, and runtimes of one user. */
export interface Lab extends AsyncDisposable {
  userId: string;
  chat: FakeChat;
  /** One more process of the user's runtime, on the same files, introduced to the chat. */
  startRuntime(): Promise<StartedRuntime>;
  /** Publishes as anybody who may. */
  publish(subject: string, data: string): void;
  /** SIGKILL, then the same server again on the same port and files. */
  killServer(): Promise<void>;
}

export async function startLab(): Promise<Lab> {
  const dir = await mkdtemp(join(tmpdir(), 'semibot-runtime-'));
  const keys = generateNatsKeys();
  const [userId, orgId] = [newId(), newId()];
  let server: StartedNats = await startNats({ dir, keys });
  const closers: (() => Promise<void>)[] = [];

  async function connect(name: string): Promise<Bus> {
    const bus = await connectBus({
      servers: server.url,
      name,
      inboxPrefix: inboxPrefix(name),
      nkeySeed: keys.setup.seed,
      logger,
    });
    closers.push(() => bus.nc.close());
    return bus;
  }

  const bus = await connect('chat');
  await applyStreams(bus);
  const chat = await startFakeChat(bus, { userId, orgId });
  closers.push(() => chat.close());
  return {
    userId,
    chat,
    async startRuntime() {
      const bootId = newId();
      const runtime = createRuntime({
        bus: await connect(userId),
        userId,
        orgId,
        bootId,
        dataDir: join(dir, 'data'),
        logger,
      });
      closers.push(() => runtime.close());
      await runtime.begin(new AbortController().signal);
      return Object.assign(runtime, { bootId });
    },
    publish: (subject, data) => bus.nc.publish(subject, data),
    async killServer() {
      const { port } = server;
      await server.kill('SIGKILL');
      server = await startNats({ dir, keys, port });
    },
    async [Symbol.asyncDispose]() {
      for (const close of closers.reverse()) await close();
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
