import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPage } from './build-page.ts';
import type { LocalConfig } from './config.ts';
import { type DataFolder, openDataFolder, rotateLog } from './data-folder.ts';
import { findFreePort, isPortFree } from './free-port.ts';
import { urlHost } from './host.ts';
import { keepPorts } from './kept-ports.ts';
import { natsPart } from './nats/nats.ts';
import { findNatsServer } from './nats/nats-server.ts';
import { claimDataFolder } from './parts/claim.ts';
import { type KeptPart, keepPart } from './parts/keep-part.ts';
import { findLeftovers, stopLeftovers } from './parts/leftovers.ts';
import type { Part } from './parts/part.ts';
import { untilReaped } from './parts/process-identity.ts';
import { postgresPart } from './postgres/postgres.ts';
import { loadSecrets, operatorSeedFile } from './secrets.ts';
import { serviceParts } from './services.ts';
import { runSetUpJob } from './set-up-job.ts';
import { writeWhole } from './write-whole.ts';

/** Each of the three steps of stopping may take this long; with the wait at the end they stay below 10 s. */
const STOP_STEP_MS = 2_500;
const REAPED_LIMIT_MS = 2_000;
const LEFTOVERS_LIMIT_MS = 8_000;

export interface SystemOptions {
  data: string;
  host: string;
  /** 0 takes a free one. */
  port: number;
  config: LocalConfig;
  /** Hears what is being done, a line each. */
  onProgress: (line: string) => void;
  /** Hears of a part that died and is started again. */
  onEvent: (line: string) => void;
}

/** What is told of a system that runs; `<data>/run/info.json` has the same. */
export interface SystemInfo {
  /** The page. */
  url: string;
  nats: string;
  /** With user and password. */
  postgres: string;
  startedAt: string;
  /** The operator's nkey seed, for the nats CLI's `--nkey`. */
  natsOperatorNkey: string;
  logs: string;
}

/** The whole system on this machine: all parts, kept running. */
export interface System {
  /** Starts all; throws a text for people. */
  start(): Promise<SystemInfo>;
  /** Stops all parts, runtimes too, within 10 s; also while it is starting. */
  stop(): Promise<void>;
}

/** Makes a system; nothing is touched before `start`. */
export function createSystem(options: SystemOptions): System {
  const { onProgress, onEvent } = options;
  const kept = new Map<string, KeptPart>();
  const stopping = new AbortController();
  let opened: { data: DataFolder; release: () => Promise<void> } | null = null;

  const keep = async (data: DataFolder, part: Part): Promise<void> => {
    stopping.signal.throwIfAborted();
    await rotateLog(part.command.logFile);
    const keptPart = keepPart(part, {
      pidFile: data.pidFile(part.name),
      onEvent: (text) => {
        onEvent(text);
        void appendFile(data.logFile('semibot'), `${new Date().toISOString()} ${text}\n`);
      },
    });
    kept.set(part.name, keptPart);
    await keptPart.ready;
  };

  const start = async (): Promise<SystemInfo> => {
    const data = await openDataFolder(options.data);
    opened = { data, release: await claimDataFolder(data) };
    const left = await findLeftovers(data, () => true);
    if (left.length > 0) {
      onProgress(`Stopping what an earlier start left behind: ${left.map(({ part }) => part).join(', ')}`);
      await stopLeftovers(data, left, LEFTOVERS_LIMIT_MS);
    }
    const port = options.port || (await findFreePort());
    if (!(await isPortFree(port, options.host)))
      throw new Error(
        `Port ${port} of ${options.host} is taken by another program. Choose another with --port.`,
      );
    const secrets = await loadSecrets(data.secrets);
    const ports = await keepPorts(join(data.path, 'ports.json'));
    const binary = await findNatsServer({ onProgress, config: options.config });

    onProgress('Building the page, starting NATS and PostgreSQL');
    const page = buildPage();
    // Where a server cannot be started, that is what is told.
    page.catch(() => {});
    const startNats = async () => {
      const nats = await natsPart({
        dir: data.nats,
        port: ports.nats,
        keys: secrets.nats,
        binary,
        logFile: data.logFile('nats'),
      });
      await keep(data, nats.part);
      return nats.url;
    };
    const startPostgres = async () => {
      const postgres = await postgresPart({
        dir: data.postgres,
        port: ports.postgres,
        password: secrets.postgresPassword,
        logFile: data.logFile('postgres'),
      });
      await keep(data, postgres.part);
      return postgres.url;
    };
    const [natsUrl, databaseUrl] = await Promise.all([startNats(), startPostgres()]);

    onProgress('Bringing tables and streams up to date');
    await runSetUpJob(data, secrets, { natsUrl, databaseUrl, signal: stopping.signal });

    await page;

    onProgress('Starting scheduler, chat and relay');
    const healthPorts = { chat: await findFreePort(), scheduler: await findFreePort() };
    const { host } = options;
    const services = serviceParts({ data, secrets, natsUrl, databaseUrl, host, port, healthPorts });
    await Promise.all(Object.values(services).map((part) => keep(data, part)));

    const info: SystemInfo = {
      url: `http://${urlHost(host)}:${port}`,
      nats: natsUrl,
      postgres: databaseUrl,
      startedAt: new Date().toISOString(),
      natsOperatorNkey: operatorSeedFile(data.secrets),
      logs: data.logs,
    };
    await writeWhole(join(data.run, 'info.json'), `${JSON.stringify(info, null, 2)}\n`);
    return info;
  };

  const stopParts = (names: string[]): Promise<unknown> =>
    Promise.all(names.map((name) => kept.get(name)?.stop(STOP_STEP_MS)));
  const stopRuntimes = async (data: DataFolder): Promise<number[]> => {
    const runtimes = await findLeftovers(data, (part) => part.startsWith('runtime-'));
    await stopLeftovers(data, runtimes, STOP_STEP_MS);
    return runtimes.map(({ pid }) => pid);
  };

  return {
    start,
    stop: async () => {
      stopping.abort(new Error('stopped while starting'));
      if (!opened) return;
      const { data, release } = opened;
      await rm(join(data.run, 'info.json'), { force: true });
      // The scheduler first, or it would start the runtimes again; NATS and PostgreSQL last, for all write to them.
      await stopParts(['relay', 'scheduler']);
      const [runtimes] = await Promise.all([stopRuntimes(data), stopParts(['chat'])]);
      await stopParts(['nats', 'postgres']);
      await untilReaped(runtimes, REAPED_LIMIT_MS);
      await release();
    },
  };
}
