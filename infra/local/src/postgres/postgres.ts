import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Client } from 'pg';
import { findFreePort } from '../free-port.ts';
import { type Part, type StartedPart, startPart } from '../parts/part.ts';
import { findPostgres } from './postgres-binaries.ts';
import { clearPostgresLeftovers, createPostgresFiles, POSTGRES_NAME } from './postgres-files.ts';
import { findUnprivileged, giveTo } from './unprivileged.ts';

interface PostgresOptions {
  /** The data folder. */
  dir: string;
  port: number;
  /** Of the user `semibot`; the same at each start. */
  password: string;
  /** What the server prints; default `<dir>.log`. */
  logFile?: string;
}

interface PostgresAddress {
  port: number;
  /** As `postgres://semibot:<password>@127.0.0.1:<port>/semibot`. */
  url: string;
}

/**
 * Makes the data folder if there is none; the server can then be started any number of times, always on the same
 * port. It listens on the loopback interface only.
 */
export async function postgresPart(options: PostgresOptions): Promise<PostgresAddress & { part: Part }> {
  const { dir, port, password, logFile = `${dir}.log` } = options;
  const binaries = await findPostgres();
  const above = dirname(dir);
  await mkdir(above, { recursive: true });
  const way = await findUnprivileged(binaries.postgres, above);
  await createPostgresFiles(dir, password, binaries, way);
  await giveTo(way, dir);

  const settings = { listen_addresses: '127.0.0.1', port, unix_socket_directories: '' };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const address = new URL(`postgres://127.0.0.1:${port}/${POSTGRES_NAME}`);
  address.username = POSTGRES_NAME;
  address.password = password;
  const url = address.href;
  return {
    port,
    url,
    part: {
      name: 'postgres',
      command: {
        ...way.wrap(binaries.postgres, ['-D', dir, ...args]),
        // The server needs nothing of our environment, and shows it to its users' COPY PROGRAM.
        env: { PATH: process.env.PATH ?? '', TZ: 'UTC', LC_ALL: 'C' },
        logFile,
      },
      clear: () => clearPostgresLeftovers(dir),
      isReady: () => answers(url),
      // Its fast shutdown: clients are cut off, what is committed is kept.
      stopSignal: 'SIGINT',
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  // A server on its way down may close the connection at any time.
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/** A PostgreSQL server that runs and takes connections. */
export type StartedPostgres = PostgresAddress & StartedPart;

interface StartOptions extends Omit<PostgresOptions, 'port'> {
  /** Default: a free one. Give the same again to start where a killed server was. */
  port?: number;
}

/** Starts PostgreSQL on a data folder, which is made if there is none; resolves when it takes connections. */
export async function startPostgres(options: StartOptions): Promise<StartedPostgres> {
  const { part, ...address } = await postgresPart({
    ...options,
    port: options.port ?? (await findFreePort()),
  });
  return { ...address, ...(await startPart(part)) };
}
