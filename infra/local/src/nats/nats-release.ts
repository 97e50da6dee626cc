import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../run-command.ts';

/** The official release that is taken where there is no nats-server yet. */
export const NATS_SERVER_RELEASE = '2.15.1';
const RELEASES = 'https://github.com/nats-io/nats-server/releases/download';
const SUMS_TIMEOUT_MS = 8_000;
const ARCHIVE_TIMEOUT_MS = 120_000;
const ARCHITECTURES: Partial<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', arm: 'arm7' };

interface ReleaseOptions {
  /** An empty folder to unpack into. */
  into: string;
  /** Where releases lie, without the `/v<version>` part. */
  from?: string;
  platform?: string;
  arch?: string;
}

/**
 * Downloads the release's archive, checks it against that release's own SHA256SUMS, and only then writes it
 * down. Returns the binary's path. Throws when the host cannot be reached, when the sums do not name the
 * archive, and when they differ.
 */
export async function downloadNatsServer({
  into,
  from = RELEASES,
  platform = process.platform,
  arch = process.arch,
}: ReleaseOptions): Promise<string> {
  const architecture = ARCHITECTURES[arch];
  if (!architecture || !['linux', 'darwin'].includes(platform))
    throw new Error(`there is no release for ${platform} on ${arch}`);
  const folder = `nats-server-v${NATS_SERVER_RELEASE}-${platform}-${architecture}`;
  const base = `${from}/v${NATS_SERVER_RELEASE}`;

  const sums = (await download(`${base}/SHA256SUMS`, SUMS_TIMEOUT_MS)).toString('utf8');
  const expected = sumOf(sums, `${folder}.tar.gz`);
  if (!expected) throw new Error(`SHA256SUMS does not name ${folder}.tar.gz`);
  const archive = await download(`${base}/${folder}.tar.gz`, ARCHIVE_TIMEOUT_MS);
  const actual = createHash('sha256').update(archive).digest('hex');
  if (actual !== expected) throw new Error(`${folder}.tar.gz is not what SHA256SUMS says (${actual})`);

  await mkdir(into, { recursive: true });
  await writeFile(join(into, 'release.tar.gz'), archive);
  await runCommand('tar', ['-xzf', 'release.tar.gz', '--strip-components=1'], { cwd: into });
  return join(into, 'nats-server');
}

/** The sum of one file in the output of `sha256sum`, lower case, or null. */
export function sumOf(sums: string, file: string): string | null {
  for (const line of sums.split('\n')) {
    const [, sum, name] = /^([0-9a-f]{64}) [ *](.+?)\r?$/i.exec(line) ?? [];
    if (name === file && sum) return sum.toLowerCase();
  }
  return null;
}

async function download(url: string, timeoutMs: number): Promise<Buffer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) }).catch((error: unknown) => {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(cause instanceof Error ? cause.message : String(cause), { cause: error });
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}
