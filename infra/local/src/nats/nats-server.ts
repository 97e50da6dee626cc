import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { cacheFolder, type LocalConfig, readLocalConfig } from '../config.ts';
import { unpackDebianNatsServer } from './nats-debian.ts';
import { downloadNatsServer, NATS_SERVER_RELEASE } from './nats-release.ts';
import { isAtLeast, NATS_SERVER_OLDEST, natsServerVersion } from './nats-server-version.ts';

interface FindOptions {
  /** Hears what is being brought, a line each. */
  onProgress?: (line: string) => void;
  config?: Pick<LocalConfig, 'NATS_SERVER_BIN' | 'XDG_CACHE_HOME' | 'PATH'>;
}

/**
 * Finds a nats-server that is new enough, or brings one: NATS_SERVER_BIN, the PATH, the cache, the official
 * release, the package of Debian's suite `testing`. Returns the binary's path; throws an error that tells every
 * way out when none works.
 */
export async function findNatsServer({
  onProgress,
  config = readLocalConfig(),
}: FindOptions = {}): Promise<string> {
  const given = config.NATS_SERVER_BIN;
  if (given) {
    const version = await natsServerVersion(given);
    if (version && isAtLeast(version, NATS_SERVER_OLDEST)) return given;
    throw new Error(
      version
        ? `NATS_SERVER_BIN is nats-server ${version}; ${NATS_SERVER_OLDEST} or newer is needed.`
        : `NATS_SERVER_BIN (${given}) is not a nats-server that can be run.`,
    );
  }
  const cache = join(cacheFolder(config), 'nats-server');
  return (await findOnPath(config.PATH)) ?? (await findInCache(cache)) ?? bring(cache, onProgress);
}

async function isUsable(file: string): Promise<boolean> {
  const version = await natsServerVersion(file);
  return version !== null && isAtLeast(version, NATS_SERVER_OLDEST);
}

async function findOnPath(path: string): Promise<string | null> {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const file = join(folder, 'nats-server');
    if (await isUsable(file)) return file;
  }
  return null;
}

async function findInCache(cache: string): Promise<string | null> {
  for (const version of await readdir(cache).catch(() => [])) {
    const file = join(cache, version, 'nats-server');
    if (await isUsable(file)) return file;
  }
  return null;
}

const WAYS = [
  {
    name: `the official release ${NATS_SERVER_RELEASE}`,
    bring: (into: string) => downloadNatsServer({ into }),
  },
  { name: "the package of Debian's suite testing", bring: unpackDebianNatsServer },
];

async function bring(cache: string, onProgress: FindOptions['onProgress']): Promise<string> {
  await mkdir(cache, { recursive: true });
  const failures: string[] = [];
  for (const way of WAYS) {
    const scratch = await mkdtemp(join(cache, '.new-'));
    try {
      onProgress?.(`Bringing nats-server: ${way.name}`);
      return await keep(await way.bring(join(scratch, 'unpacked')), cache, scratch);
    } catch (error) {
      failures.push(`${way.name}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }
  throw new Error(waysOut(failures));
}

/** Moves a binary that runs and is new enough into the cache, in one step, under its version. */
async function keep(binary: string, cache: string, scratch: string): Promise<string> {
  const version = await natsServerVersion(binary);
  if (!version) throw new Error('the binary cannot be run on this machine');
  if (!isAtLeast(version, NATS_SERVER_OLDEST)) throw new Error(`it is only ${version}`);
  const ready = join(scratch, 'ready');
  await mkdir(ready);
  await rename(binary, join(ready, 'nats-server'));
  const kept = join(cache, version);
  await rename(ready, kept).catch(async (error: unknown) => {
    // Another process may have brought the same version in the meantime.
    if (!(await isUsable(join(kept, 'nats-server')))) throw error;
  });
  return join(kept, 'nats-server');
}

const waysOut = (
  failures: string[],
): string => `No nats-server ${NATS_SERVER_OLDEST} or newer was found, and none could be brought:
${failures.map((failure) => `  - ${failure}`).join('\n')}
Ways out:
  - install nats-server (a package of your system, or the release from nats.io) so that it is on the PATH
  - or point NATS_SERVER_BIN to its binary
  - or let this machine reach github.com (or, on Debian, its package mirror) and start again`;
