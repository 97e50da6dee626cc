import { SemibotError } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import { CamelCasePlugin, type Generated, Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Instance } from '../domain/instance.ts';
import type { RefusalRecord } from './audit.ts';

interface InstanceTable extends Omit<Instance, 'createdAt'> {
  createdAt: Generated<Date>;
}

/** A runtime process is no more, or sleeps, and the bus has yet to be told. */
export interface UntoldFact {
  fact: 'gone' | 'frozen';
  bootId: string;
  /** Under which the bus keeps it once, however often it is told. */
  messageId: string;
  userId: string;
  instanceId: string;
  reason: string;
  time: Date;
}

interface AuditTable extends RefusalRecord {
  id: Generated<string>;
  time: Generated<Date>;
}

export interface Tables {
  vmAudit: AuditTable;
  userVmInstances: InstanceTable;
  userVmUntoldFacts: UntoldFact;
}
export type Database = Kysely<Tables>;

const POOL_MAX_CONNECTIONS = 12;
const CONNECT_TIMEOUT_MS = 2_000;
const QUERY_TIMEOUT_MS = 5_000;

/** The scheduler's tables. The pool outlives any failure of the server; `destroy()` ends it. */
export function openDatabase(url: string, logger: Logger): Database {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'semibot-scheduler',
    max: POOL_MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    statement_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
  });
  // A connection that breaks is replaced. Without these listeners it would end the process: the pool tells of idle
  // ones, and one in use tells of itself while no query is under way, as between two steps of a transaction.
  pool.on('error', (error) => logger.warn({ err: error }, 'database connection lost'));
  pool.on('connect', (client) => client.on('error', () => {}));
  return new Kysely<Tables>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin()],
  });
}

/** Where the server is away, starting or stopping: SQLSTATE classes 08, 57P and 53, and what the socket says. */
const AWAY = /^(08...|57P..|53...|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOENT)$/;
const AWAY_TEXT = /terminated|timeout|not queryable|ended/i;

/** Whether a failure says nothing of the query: the database is away, and the same will work later. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return code ? AWAY.test(code) : AWAY_TEXT.test(error.message);
}

/** Does what someone waits for: SERVICE_UNAVAILABLE while the database is away. */
export async function whileSomeoneWaits<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isDatabaseAway(error)) throw new SemibotError('SERVICE_UNAVAILABLE', { cause: error });
    throw error;
  }
}
