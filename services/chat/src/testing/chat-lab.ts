import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { applyStreams, type Bus, callRoute, connectBus } from '@semibot/bus';
import { generateNatsKeys, startNats, startPostgres } from '@semibot/local';
import { type Identity, inboxPrefix, newId, ROUTES } from '@semibot/protocol';
import { applyMigrations } from '@semibot/setup';
import jwt from 'jsonwebtoken';
import { Client } from 'pg';
import { z } from 'zod';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const silent = { info() {}, warn() {}, error() {} };

const claimsSchema = z.object({
  sub: z.string(),
  org: z.string(),
  role: z.enum(['owner', 'admin', 'member']),
  login: z.string(),
});

/** Chat as a process of its own over a real nats-server and a real PostgreSQL. */
export interface ChatLab extends AsyncDisposable {
  /** Stands where the relay does. */
  relay: Bus;
  /** Has all rights in the services' account. */
  setup: Bus;
  /** A connection that asks with this user's inbox, as a runtime does. */
  connectAs(userId: string): Promise<Bus>;
  /** Somebody new, signed in. */
  newPerson(): Promise<Identity>;
  /** The database, with all rights in it. */
  database: Client;
  /** SIGKILL, and a new process right after it; its environment changed by this, from now on. */
  killChat(changes?: Record<string, string>): Promise<void>;
  /** What chat has logged. */
  readLog(): Promise<string>;
}

export async function startChatLab(env: Record<string, string> = {}): Promise<ChatLab> {
  const dir = await mkdtemp(join(tmpdir(), 'semibot-chat-'));
  const keys = generateNatsKeys();
  const nats = await startNats({ dir: join(dir, 'nats'), keys });
  const postgres = await startPostgres({ dir: join(dir, 'postgres'), password: newId() });
  await applyMigrations(postgres.url);
  const connect = (service: 'relay' | 'setup', prefix: string = service): Promise<Bus> =>
    connectBus({
      servers: nats.url,
      name: `test-${service}`,
      inboxPrefix: inboxPrefix(prefix),
      nkeySeed: keys[service].seed,
      logger: silent,
    });
  const setup = await connect('setup');
  await applyStreams(setup);
  const relay = await connect('relay');
  const buses = [setup, relay];

  const database = new Client({ connectionString: postgres.url });
  await database.connect();

  const logFile = join(dir, 'chat.log');
  const log = openSync(logFile, 'a');
  let changed = env;
  const secretKey = randomBytes(32).toString('base64');
  const startChat = (): ChildProcess =>
    spawn(process.execPath, [MAIN], {
      stdio: ['ignore', log, log],
      env: {
        PATH: process.env.PATH,
        NATS_URL: nats.url,
        NATS_NKEY_SEED: keys.chat.seed,
        DATABASE_URL: postgres.url,
        JWT_SECRET: 'a secret for this test alone, long enough',
        SEMIBOT_SECRET_KEY: secretKey,
        ...changed,
      },
    });
  let chat = startChat();

  return {
    relay,
    setup,
    async connectAs(userId) {
      const bus = await connect('setup', userId);
      buses.push(bus);
      return bus;
    },
    async newPerson() {
      const { data } = await callRoute(relay, ROUTES.auth.register, {
        identity: null,
        body: { email: `${newId()}@example.org`, password: newId(), name: 'A person', orgName: 'Theirs' },
      });
      const claims = claimsSchema.parse(jwt.decode(data.accessToken));
      return { userId: claims.sub, orgId: claims.org, role: claims.role, loginId: claims.login };
    },
    database,
    readLog: () => readFile(logFile, 'utf8'),
    async killChat(changes = {}) {
      changed = { ...changed, ...changes };
      chat.kill('SIGKILL');
      await once(chat, 'exit');
      chat = startChat();
    },
    async [Symbol.asyncDispose]() {
      chat.kill('SIGKILL');
      await Promise.all([database.end(), ...buses.map((bus) => bus.nc.close())]);
      await Promise.all([nats.stop(), postgres.stop()]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
