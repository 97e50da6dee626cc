import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bus, connectBus, endpoint, serveRoutes } from '@semibot/bus';
import {
  generateNatsKeys,
  type StartedNats,
  type StartedPostgres,
  startNats,
  startPostgres,
} from '@semibot/local';
import { inboxPrefix, ROUTES, SemibotError } from '@semibot/protocol';
import { createLogger, type Logger, loadConfig } from '@semibot/service';
import { setUp } from '@semibot/setup';
import { configSchema } from '../config.ts';
import type { Driver } from '../drivers/driver.ts';
import { type Scheduler, startScheduler } from '../scheduler.ts';
import { type Database, openDatabase } from '../store/database.ts';

/** A real nats-server and a real PostgreSQL with the system's accounts, streams and tables. */
export interface SchedulerLab extends AsyncDisposable {
  /** Where the process driver may keep its files. */
  dataDir: string;
  natsUrl: string;
  databaseUrl: string;
  jwtSecret: string;
  db: Database;
  logger: Logger;
  /** What the schedulers have logged, a line each. */
  logged: string[];
  /** A connection as one of the static users of the bus. */
  connect(as: 'relay' | 'chat' | 'scheduler' | 'operator' | 'vmOperator' | 'setup' | 'sys'): Promise<Bus>;
  /** Answers in chat's place who is signed in: everyone, as what they say, but those in `revoked`. */
  serveSignIns(): Promise<void>;
  /** Sign-ins that are refused. */
  revoked: Set<string>;
  /** Starts a scheduler, which the test may close; what is left is closed with the lab. */
  startScheduler(driver: Driver, env?: Record<string, string>): Promise<Scheduler>;
  /** SIGKILL, then the same server again on the same port and files. */
  killNats(): Promise<void>;
  /** SIGKILL; gives back how to bring it back. */
  killPostgres(): Promise<() => Promise<void>>;
}

export async function startSchedulerLab(): Promise<SchedulerLab> {
  const dir = await mkdtemp(join(tmpdir(), 'semibot-scheduler-'));
  const keys = generateNatsKeys();
  const natsDir = join(dir, 'nats');
  const database = { dir: join(dir, 'postgres'), password: 'test' };
  let nats: StartedNats;
  let postgres: StartedPostgres;
  [nats, postgres] = await Promise.all([startNats({ dir: natsDir, keys }), startPostgres(database)]);

  const logged: string[] = [];
  const logger = createLogger(
    { service: 'scheduler', level: 'debug' },
    { write: (line: string) => void logged.push(line) },
  );
  await setUp({ databaseUrl: postgres.url, natsUrl: nats.url, nkeySeed: keys.setup.seed, logger });
  const db = openDatabase(postgres.url, logger);
  const jwtSecret = randomBytes(32).toString('hex');
  const closing: (() => unknown)[] = [];
  const revoked = new Set<string>();

  const lab: SchedulerLab = {
    dataDir: join(dir, 'data'),
    natsUrl: nats.url,
    databaseUrl: postgres.url,
    jwtSecret,
    db,
    logger,
    logged,
    async connect(as) {
      const bus = await connectBus({
        servers: nats.url,
        name: `test-${as}`,
        inboxPrefix: inboxPrefix(as.toLowerCase()),
        nkeySeed: keys[as].seed,
        logger,
      });
      closing.push(() => bus.nc.close());
      return bus;
    },
    revoked,
    async serveSignIns() {
      const me = endpoint(ROUTES.auth.me, async ({ identity }) => {
        if (!identity || revoked.has(identity.loginId)) throw new SemibotError('AUTH_TOKEN_INVALID');
        const { userId: id, orgId, role } = identity;
        const createdAt = new Date().toISOString();
        return { data: { id, orgId, role, email: 'someone@example.org', name: 'Someone', createdAt } };
      });
      const chat = { name: 'chat', description: 'Who is signed in.' };
      await serveRoutes(await lab.connect('chat'), chat, [me]);
    },
    async startScheduler(driver, env = {}) {
      const config = loadConfig(configSchema, {
        NATS_URL: nats.url,
        NATS_NKEY_SEED: keys.scheduler.seed,
        NATS_AUTH_NKEY_SEED: keys.auth.seed,
        NATS_SYS_NKEY_SEED: keys.sys.seed,
        NATS_CALLOUT_ISSUER_SEED: keys.calloutIssuer.seed,
        DATABASE_URL: postgres.url,
        JWT_SECRET: jwtSecret,
        ...env,
      });
      const scheduler = await startScheduler({ config, driver, logger });
      closing.push(() => scheduler.close());
      return scheduler;
    },
    async killNats() {
      const { port } = nats;
      await nats.kill('SIGKILL');
      nats = await startNats({ dir: natsDir, keys, port });
    },
    async killPostgres() {
      const { port } = postgres;
      await postgres.kill('SIGKILL');
      return async () => {
        postgres = await startPostgres({ ...database, port });
      };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(closing.map((close) => close()));
      await db.destroy();
      await Promise.all([nats.stop(), postgres.stop()]);
      await rm(dir, { recursive: true, force: true });
    },
  };
  return lab;
}
