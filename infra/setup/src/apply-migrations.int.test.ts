import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StartedPostgres, startPostgres } from '@semibot/local';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyMigrations } from './apply-migrations.ts';

describe('the migrations', () => {
  let dir: string;
  let folder: string;
  let postgres: StartedPostgres;
  let client: Client;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'semibot-migrations-'));
    folder = join(dir, 'migrations');
    await mkdir(folder);
    postgres = await startPostgres({ dir: join(dir, 'postgres'), password: 'test' });
    client = new Client({ connectionString: postgres.url });
    await client.connect();
  }, 60_000);
  afterAll(async () => {
    await client?.end();
    await postgres?.stop();
    await rm(dir, { recursive: true, force: true });
  });
  const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
  const apply = (): Promise<string[]> => applyMigrations(postgres.url, folder);

  it('run each once, in order, two jobs at once too', async () => {
    await write('0001_first.sql', 'CREATE TABLE a (n int); -- with a comment\nINSERT INTO a VALUES (1);');
    await write('0002_second.sql', 'INSERT INTO a SELECT n + 1 FROM a;');
    const applied = await Promise.all([apply(), apply()]);
    expect(applied.flat()).toEqual(['0001_first', '0002_second']);
    expect(await apply()).toEqual([]);
    expect((await client.query('SELECT n FROM a ORDER BY n')).rows).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('change nothing when one of them fails, and name it', async () => {
    await write('0003_good.sql', 'CREATE TABLE b (n int);');
    await write('0004_bad.sql', 'CREATE TABLE c (n int); SELECT nonsense;');
    await expect(apply()).rejects.toThrow(/0004_bad.*nonsense/);
    expect((await client.query("SELECT to_regclass('b') AS b, to_regclass('c') AS c")).rows).toEqual([
      { b: null, c: null },
    ]);
    await write('0004_bad.sql', 'CREATE TABLE c (n int);');
    expect(await apply()).toEqual(['0003_good', '0004_bad']);
  });

  it('refuse a new file that stands before one that was run', async () => {
    await write('0002_other.sql', 'SELECT 1;');
    await expect(apply()).rejects.toThrow(/0002_other|corrupted/);
    await rm(join(folder, '0002_other.sql'));
  });

  it('refuse a file that is not numbered', async () => {
    await write('late.sql', 'SELECT 1;');
    await expect(apply()).rejects.toThrow(/late\.sql is not named/);
    await rm(join(folder, 'late.sql'));
  });
});
