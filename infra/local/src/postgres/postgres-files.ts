import { access, mkdir, readdir, readlink, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { giveTo, runUnprivileged, type Unprivileged } from './unprivileged.ts';

/** The user and the database that the system has for itself. */
export const POSTGRES_NAME = 'semibot';
const ORPHANS_TIMEOUT_MS = 15_000;
const ORPHANS_POLL_MS = 20;

/**
 * Makes the data folder, with the database in it, unless it is there. It gets its name when it is complete, so
 * that one cut short is begun anew.
 */
export async function createPostgresFiles(
  dataDir: string,
  password: string,
  { initdb, postgres }: PostgresBinaries,
  way: Unprivileged,
): Promise<void> {
  if (await exists(join(dataDir, 'PG_VERSION'))) return;
  const scratch = `${dataDir}.new`;
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const data = join(scratch, 'data');
  const passwordFile = join(scratch, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  await giveTo(way, scratch);

  const env = { PATH: process.env.PATH ?? '', TZ: 'UTC', LC_ALL: 'C' };
  const inScratch = { cwd: scratch, env };
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  const access = [`--username=${POSTGRES_NAME}`, '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  await runUnprivileged(way, initdb, [`--pgdata=${data}`, ...access, ...locale], inScratch);
  const create = { ...inScratch, input: `CREATE DATABASE ${POSTGRES_NAME};\n` };
  await runUnprivileged(way, postgres, ['--single', '-D', data, 'postgres'], create);
  await rename(data, dataDir);
  await rm(scratch, { recursive: true, force: true });
}

/**
 * What a killed server leaves: children that still end, which the next server must not meet, and a pid file,
 * which would hinder it when another program has got that pid since.
 */
export async function clearPostgresLeftovers(dataDir: string): Promise<void> {
  const deadline = Date.now() + ORPHANS_TIMEOUT_MS;
  for (let pids = await pidsIn(dataDir); pids.length > 0; pids = await pidsIn(dataDir)) {
    if (Date.now() > deadline)
      throw new Error(`processes of an earlier PostgreSQL still use ${dataDir}: ${pids.join(', ')}`);
    await delay(ORPHANS_POLL_MS);
  }
  // Elsewhere the server judges its pid file itself.
  if (process.platform === 'linux') await rm(join(dataDir, 'postmaster.pid'), { force: true });
}

/** The processes whose working directory this is: every process of a PostgreSQL server has its data folder. */
export async function pidsIn(dataDir: string): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const folder = await realpath(dataDir);
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  const places = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => null)));
  return pids.filter((_pid, index) => places[index] === folder);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
