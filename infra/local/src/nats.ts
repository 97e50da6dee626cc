import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findFreePort } from './free-port.ts';
import { renderNatsConf } from './nats-conf.ts';
import type { NatsKeys } from './nats-keys.ts';
import { findNatsServer } from './nats-server.ts';
import { logTail, type PartCommand, type PartProcess, startPartProcess } from './part-process.ts';

const READY_TIMEOUT_MS = 30_000;
const READY_POLL_MS = 25;
const STOP_TIMEOUT_MS = 8_000;

interface PrepareOptions {
  /** Its folder: configuration, pid file and JetStream's files. */
  dir: string;
  port: number;
  keys: NatsKeys;
  binary: string;
  pidFile?: string;
  /** What the server prints; default `<dir>/nats.log`. */
  logFile?: string;
  syncInterval?: string;
}

/** A nats-server that can be started any number of times, on the same port each time. */
export interface PreparedNats {
  part: PartCommand;
  port: number;
  url: string;
  monitorUrl: string;
  /** Does it answer, with its streams recovered? */
  isReady(): Promise<boolean>;
}

/** Writes the server's configuration. */
export async function prepareNats(options: PrepareOptions): Promise<PreparedNats> {
  const { dir, port, keys, binary } = options;
  const storeDir = join(dir, 'jetstream');
  await mkdir(storeDir, { recursive: true, mode: 0o700 });
  const monitorPort = await findFreePort();
  const monitorUrl = `http://127.0.0.1:${monitorPort}`;
  const conf = join(dir, 'nats.conf');
  const text = renderNatsConf({
    port,
    monitorPort,
    storeDir,
    pidFile: options.pidFile ?? join(dir, 'nats.pid'),
    keys,
    ...(options.syncInterval && { syncInterval: options.syncInterval }),
  });
  await writeFile(conf, text, { mode: 0o600 });
  return {
    part: { command: binary, args: ['-c', conf], logFile: options.logFile ?? join(dir, 'nats.log') },
    port,
    url: `nats://127.0.0.1:${port}`,
    monitorUrl,
    isReady: () =>
      fetch(`${monitorUrl}/healthz`, { signal: AbortSignal.timeout(2_000) }).then(
        (response) => response.ok,
        () => false,
      ),
  };
}

interface StartOptions extends Omit<PrepareOptions, 'port' | 'binary'> {
  /** Default: a free one. Give the same again to start where a killed server was. */
  port?: number;
  /** Default: what `findNatsServer` finds. */
  binary?: string;
}

/** A nats-server that runs and is ready. */
export interface StartedNats extends AsyncDisposable {
  port: number;
  /** As `nats://127.0.0.1:<port>`. */
  url: string;
  /** The monitoring endpoint: `<monitorUrl>/healthz`, `/connz`, `/jsz`. */
  monitorUrl: string;
  pid: number;
  /** Sends a signal, and resolves when the process has ended (at once for SIGSTOP and SIGCONT). */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Stops it cleanly; harmless where it has ended. */
  stop(): Promise<void>;
}

/** Starts a nats-server with the accounts and rights of the system; resolves when it is ready. */
export async function startNats(options: StartOptions): Promise<StartedNats> {
  await mkdir(options.dir, { recursive: true, mode: 0o700 });
  const nats = await prepareNats({
    ...options,
    port: options.port ?? (await findFreePort()),
    binary: options.binary ?? (await findNatsServer()),
  });
  const process = await startPartProcess(nats.part);
  const stop = async (): Promise<void> => {
    process.signal('SIGTERM');
    const timer = setTimeout(() => process.signal('SIGKILL'), STOP_TIMEOUT_MS);
    await process.exited;
    clearTimeout(timer);
  };
  await becomesReady(nats, process);
  return {
    port: nats.port,
    url: nats.url,
    monitorUrl: nats.monitorUrl,
    pid: process.pid,
    kill: async (signal) => {
      process.signal(signal);
      if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await process.exited;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function becomesReady(nats: PreparedNats, process: PartProcess): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await nats.isReady())) {
    const late = Date.now() > deadline;
    if (!late && !process.hasExited()) {
      await delay(READY_POLL_MS);
      continue;
    }
    process.signal('SIGKILL');
    const what = late ? 'is not ready after 30 s' : 'ended at its start';
    throw new Error(`nats-server ${what}:\n${await logTail(nats.part.logFile)}`);
  }
}
