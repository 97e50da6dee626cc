import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StartedPostgres, startPostgres } from './postgres.ts';
import { pidsIn } from './postgres-files.ts';

describe('a PostgreSQL server of our own', () => {
  let above: string;
  let dir: string;
  let postgres: StartedPostgres;
  const password = 'p@ss/word';

  beforeAll(async () => {
    above = await mkdtemp(join(tmpdir(), 'semibot-postgres-'));
    dir = join(above, 'postgres');
    postgres = await startPostgres({ dir, password });
  }, 60_000);
  afterAll(async () => {
    await postgres?.stop();
    await rm(above, { recursive: true, force: true });
  });

  async function query(text: string, url = postgres.url): Promise<unknown[]> {
    const client = new Client({ connectionString: url });
    client.on('error', () => {});
    try {
      await client.connect();
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }

  it('has the database, in UTF-8, for whom has the password', async () => {
    expect(await query('SELECT current_database() AS name, getdatabaseencoding() AS encoding')).toEqual([
      { name: 'semibot', encoding: 'UTF8' },
    ]);
    const wrong = postgres.url.replace(encodeURIComponent(password), 'wrong');
    expect(wrong).not.toBe(postgres.url);
    await expect(query('SELECT 1', wrong)).rejects.toThrow(/password authentication failed/);
  });

  it('keeps what was committed through a SIGKILL under load, and is back on its port', async () => {
    await query('CREATE TABLE kept (n int)');
    const { port, pid } = postgres;
    const busy = Array.from({ length: 8 }, () =>
      query("SELECT pg_sleep(600), repeat('x', 1000000)").catch(() => 'cut off'),
    );
    await query('INSERT INTO kept SELECT generate_series(1, 1000)');
    await postgres.kill('SIGKILL');
    postgres = await startPostgres({ dir, password, port });
    expect(await Promise.all(busy)).toEqual(Array(8).fill('cut off'));
    expect(postgres.port).toBe(port);
    expect(postgres.pid).not.toBe(pid);
    expect(await query('SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 1000 }]);
  });

  it('starts although its pid file names another living process', async () => {
    const { port } = postgres;
    await postgres.kill('SIGKILL');
    await writeFile(join(dir, 'postmaster.pid'), `${process.ppid}\n${dir}\n0\n${port}\n\n\n`);
    postgres = await startPostgres({ dir, password, port });
    expect(await query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('leaves no process behind when it is stopped', async () => {
    const { port } = postgres;
    if (process.platform === 'linux') expect(await pidsIn(dir)).toContain(postgres.pid);
    await postgres.stop();
    expect(await pidsIn(dir)).toEqual([]);
    postgres = await startPostgres({ dir, password, port });
  });
});
