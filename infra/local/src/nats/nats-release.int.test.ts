import { createHash } from 'node:crypto';
import { access, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../run-command.ts';
import { downloadNatsServer, NATS_SERVER_RELEASE } from './nats-release.ts';
import { natsServerVersion } from './nats-server-version.ts';

const FOLDER = `nats-server-v${NATS_SERVER_RELEASE}-linux-amd64`;

describe('the official release', () => {
  const files = new Map<string, Buffer>();
  let server: Server;
  let from: string;
  let dir: string;
  let archive: Buffer;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'semibot-release-'));
    await mkdir(join(dir, FOLDER));
    const binary = join(dir, FOLDER, 'nats-server');
    await writeFile(binary, `#!/bin/sh\necho nats-server: v${NATS_SERVER_RELEASE}\n`);
    await chmod(binary, 0o755);
    await runCommand('tar', ['-czf', 'made.tar.gz', FOLDER], { cwd: dir });
    archive = await readFile(join(dir, 'made.tar.gz'));

    server = createServer((request, response) => {
      const file = files.get(request.url ?? '');
      response.writeHead(file ? 200 : 404).end(file);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    from = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  });
  afterAll(async () => {
    server.close();
    await rm(dir, { recursive: true, force: true });
  });

  const publish = (sums: string): void => {
    files.set(`/v${NATS_SERVER_RELEASE}/SHA256SUMS`, Buffer.from(sums));
    files.set(`/v${NATS_SERVER_RELEASE}/${FOLDER}.tar.gz`, archive);
  };
  const download = (name: string, source = from): Promise<string> =>
    downloadNatsServer({ into: join(dir, name), from: source, platform: 'linux', arch: 'x64' });
  const sum = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

  it('is unpacked when it is what its own SHA256SUMS says', async () => {
    publish(`${sum(Buffer.from('other'))}  other.tar.gz\n${sum(archive)}  ${FOLDER}.tar.gz\n`);
    const binary = await download('good');
    expect(await natsServerVersion(binary)).toBe(NATS_SERVER_RELEASE);
  });

  it.each([
    [
      'its sum is another',
      () => `${sum(Buffer.from('tampered'))}  ${FOLDER}.tar.gz\n`,
      /not what SHA256SUMS says/,
    ],
    ['the sums do not name it', () => `${sum(archive)}  ${FOLDER}.zip\n`, /does not name/],
    ['the sums are a page of HTML', () => '<html></html>', /does not name/],
  ])('is never written down when %s', async (name, sums, problem) => {
    publish(sums());
    await expect(download(name)).rejects.toThrow(problem);
    await expect(access(join(dir, name))).rejects.toThrow();
  });

  it('fails with the reason where it cannot be had', async () => {
    files.clear();
    await expect(download('missing')).rejects.toThrow(/answered 404/);
    await expect(download('away', 'http://127.0.0.1:1')).rejects.toThrow(/ECONNREFUSED|bad port/);
  });
});
