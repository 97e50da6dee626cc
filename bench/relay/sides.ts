import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyStreams, connectBus } from '@semibot/bus';
import { generateNatsKeys, startNats } from '@semibot/local';
import { inboxPrefix } from '@semibot/protocol';
import { type Child, startChild } from './child.ts';
import { JWT_SECRET } from './identity.ts';
import {
  type ProducerAsk,
  producerAnswerSchema,
  type ReadersAnswer,
  type ReadersAsk,
  readersAnswerSchema,
} from './questions.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

export type SideName = 'baseline' | 'semibot';

/** One of the two that are compared, up and running, with its producer and its readers. */
export interface Side extends AsyncDisposable {
  name: SideName;
  /** The processes that a message passes between producer and reader, by name. */
  servers(): { name: string; pid: number }[];
  port(): number;
  producer: Child<ProducerAsk, { tokens: number }>;
  readers: Child<ReadersAsk, ReadersAnswer>;
  /** SIGKILL, and at once a new one on the same port. */
  restartRelay(): Promise<void>;
}

const file = (path: string): URL => new URL(path, import.meta.url);
const silent = { info() {}, warn() {}, error() {} };

/** A relay that can be killed and started again where it was. */
async function startRelayOn(
  main: URL,
  portName: string,
  env: Record<string, string>,
  profileDir: string | undefined,
) {
  const profiling = profileDir ? ['--cpu-prof', `--cpu-prof-dir=${profileDir}`] : [];
  const start = (port: number): Promise<ServerProcess> =>
    startServerProcess(main, { ...env, JWT_SECRET, [portName]: `${port}` }, profiling);
  let relay = await start(0);
  return {
    pid: () => relay.pid,
    port: () => relay.port,
    stop: () => relay.kill('SIGTERM'),
    async restart() {
      const { port } = relay;
      await relay.kill('SIGKILL');
      relay = await start(port);
    },
  };
}

async function startBaseline(profileDir?: string): Promise<Side> {
  const relay = await startRelayOn(file('../baseline/main.ts'), 'BASELINE_PORT', {}, profileDir);
  const producer = startChild(file('producer.ts'), {
    answer: producerAnswerSchema,
    env: { SOCKET_URL: `ws://127.0.0.1:${relay.port()}/runtime` },
  });
  const readers = startChild(file('readers.ts'), { answer: readersAnswerSchema });
  return {
    name: 'baseline',
    servers: () => [{ name: 'relay', pid: relay.pid() }],
    port: relay.port,
    producer,
    readers,
    restartRelay: relay.restart,
    async [Symbol.asyncDispose]() {
      await Promise.all([producer[Symbol.asyncDispose](), readers[Symbol.asyncDispose]()]);
      await relay.stop();
    },
  };
}

async function startSemibot(profileDir?: string): Promise<Side> {
  const dir = await mkdtemp(join(tmpdir(), 'semibot-bench-'));
  const keys = generateNatsKeys();
  const nats = await startNats({ dir, keys });
  const setup = await connectBus({
    servers: nats.url,
    name: 'bench-setup',
    inboxPrefix: inboxPrefix('setup'),
    nkeySeed: keys.setup.seed,
    logger: silent,
  });
  await applyStreams(setup);
  await setup.close();
  const login = (seed: string) => ({ NATS_URL: nats.url, NATS_NKEY_SEED: seed });
  const responder = await startServerProcess(file('responder.ts'), login(keys.chat.seed));
  const relayEnv = {
    ...login(keys.relay.seed),
    LOG_LEVEL: 'info',
    // The herd is one user's, which the limits are there to prevent.
    RATE_LIMIT_USER_PER_MINUTE: '0',
    RATE_LIMIT_ORGANIZATION_PER_MINUTE: '0',
    SSE_STREAMS_PER_SESSION: '0',
    SSE_STREAMS_PER_USER: '0',
  };
  const relay = await startRelayOn(file('../../services/relay/src/main.ts'), 'PORT', relayEnv, profileDir);
  const producer = startChild(file('producer.ts'), {
    answer: producerAnswerSchema,
    env: login(keys.chat.seed),
  });
  const readers = startChild(file('readers.ts'), { answer: readersAnswerSchema });
  return {
    name: 'semibot',
    servers: () => [
      { name: 'relay', pid: relay.pid() },
      { name: 'nats', pid: nats.pid },
      { name: 'chat', pid: responder.pid },
    ],
    port: relay.port,
    producer,
    readers,
    restartRelay: relay.restart,
    async [Symbol.asyncDispose]() {
      await Promise.all([producer[Symbol.asyncDispose](), readers[Symbol.asyncDispose]()]);
      await relay.stop();
      await responder.kill('SIGKILL');
      await nats.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Starts a side in fresh processes; its relay leaves a CPU profile in the folder, where one is given. */
export const startSide = (name: SideName, profileDir?: string): Promise<Side> =>
  name === 'baseline' ? startBaseline(profileDir) : startSemibot(profileDir);
