import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findNatsServer } from './nats-server.ts';

describe('finding a nats-server', () => {
  let dir: string;
  const fake = async (folder: string, version: string): Promise<string> => {
    await mkdir(join(dir, folder), { recursive: true });
    const file = join(dir, folder, 'nats-server');
    await writeFile(file, `#!/bin/sh\necho "nats-server: v${version}"\n`);
    await chmod(file, 0o755);
    return file;
  };
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'semibot-find-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const find = (bin: string | undefined, path: string): Promise<string> =>
    findNatsServer({ config: { NATS_SERVER_BIN: bin, PATH: path, XDG_CACHE_HOME: join(dir, 'cache') } });

  it('takes the one it is pointed to', async () => {
    const given = await fake('given', '2.12.0');
    expect(await find(given, '')).toBe(given);
  });

  it('refuses to go on with one it is pointed to that is too old or none', async () => {
    await expect(find(await fake('old', '2.11.9'), '')).rejects.toThrow(/2\.11\.9; 2\.12\.0 or newer/);
    await expect(find(join(dir, 'none'), '')).rejects.toThrow(/is not a nats-server/);
  });

  it('takes one of the PATH that is new enough, else one of the cache', async () => {
    await fake('path-old', '2.9.10');
    const cached = await fake('cache/semibot/nats-server/2.15.1', '2.15.1');
    expect(await find(undefined, join(dir, 'path-old'))).toBe(cached);
    const fresh = await fake('path-new', '3.0.0');
    expect(await find(undefined, `${join(dir, 'path-old')}:${join(dir, 'path-new')}`)).toBe(fresh);
  });
});
