import { SemibotError } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import type { Tables } from './tables.ts';

export type Database = Kysely<Tables>;
export type Tx = Transaction<Tables>;
/** Either: what only reads does not mind. */
export type Reader = Database | Tx;

const POOL_MAX_CONNECTIONS = 10;
const CONNECT_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 8_000;
/** PostgreSQL's type of `bigint`; every one of ours stays far below 2^53. */
const INT8 = 20;

/** SQLSTATE classes and errors of the socket that mean: the database is away, not that the statement is wrong. */
const AWAY = /^(08|57P0|53)|^(ECONNREFUSED|ECONNRESET|EPIPE|ENOENT|ETIMEDOUT)$/;
const AWAY_TEXT =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/;

/** Whether an error says that the database cannot be reached. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return AWAY.test(code) || AWAY_TEXT.test(error.message);
}

export function openDatabase(url: string, logger: Logger): Database {
  const types = {
    getTypeParser: (oid: number, format?: 'text' | 'binary') =>
      oid === INT8 ? Number : pg.types.getTypeParser(oid, format),
  };
  const pool = new pg.Pool({
    connectionString: url,
    max: POOL_MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'semibot-chat',
    types: types as pg.CustomTypesConfig,
  });
  // An idle connection that breaks is no reason to die: the next query opens another.
  pool.on('error', (error) => logger.warn({ err: error }, 'database connection broke'));
  // So does one that breaks between two steps of a transaction: its next step fails, and that is told.
  pool.on('connect', (client) => {
    client.on('error', (error) => logger.warn({ err: error }, 'database connection broke in its work'));
  });
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}

/** Runs the work; a database that is away becomes SERVICE_UNAVAILABLE, so that the caller tries again. */
export async function whileDatabaseIsThere<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isDatabaseAway(error)) throw new SemibotError('SERVICE_UNAVAILABLE', { cause: error });
    throw error;
  }
}
