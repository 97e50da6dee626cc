import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { Pool } from 'pg';

/** The numbered files of plain SQL, as `0001_chat.sql`. */
const MIGRATIONS = fileURLToPath(new URL('../../../migrations/', import.meta.url));
const NUMBERED = /^\d{4}_[a-z0-9_]+\.sql$/;

/**
 * Brings the database forward: runs each numbered file that has not been run, in order, all in one transaction.
 * Two jobs at once wait for each other. Returns the names that were run; throws when one fails (nothing is changed
 * then), and when a file that had been run is gone or a new one stands before it.
 */
export async function applyMigrations(databaseUrl: string, folder: string = MIGRATIONS): Promise<string[]> {
  const db = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: new Pool({ connectionString: databaseUrl, max: 2 }) }),
  });
  try {
    const migrator = new Migrator({
      db,
      provider: { getMigrations: () => readMigrations(folder) },
      migrationTableName: 'migrations',
      migrationLockTableName: 'migrations_lock',
    });
    const { error, results = [] } = await migrator.migrateToLatest();
    const failed = results.find(({ status }) => status === 'Error');
    if (error)
      throw new Error(`migration ${failed?.migrationName ?? ''}: ${textOf(error)}`, { cause: error });
    return results.map(({ migrationName }) => migrationName);
  } finally {
    await db.destroy();
  }
}

async function readMigrations(folder: string): Promise<Record<string, Migration>> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const misnamed = files.find((name) => !NUMBERED.test(name));
  if (misnamed) throw new Error(`${misnamed} is not named as 0001_what_it_does.sql`);
  const entries = files.map(async (name) => {
    const text = await readFile(join(folder, name), 'utf8');
    const up: Migration['up'] = (db) =>
      sql
        .raw(text)
        .execute(db)
        .then(() => undefined);
    return [name.replace(/\.sql$/, ''), { up }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
