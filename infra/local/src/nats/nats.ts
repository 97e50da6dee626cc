import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findFreePort } from '../free-port.ts';
import { type Part, type StartedPart, startPart } from '../parts/part.ts';
import { renderNatsConf } from './nats-conf.ts';
import type { NatsKeys } from './nats-keys.ts';
import { findNatsServer } from './nats-server.ts';

interface NatsOptions {
  /** Its folder: configuration, pid file and JetStream's files. */
  dir: string;
  port: number;
  keys: NatsKeys;
  binary: string;
  /** What the server prints; default `<dir>/nats.log`. */
  logFile?: string;
  /** As `2m`, or `always`; default `2m`. */
  syncInterval?: string;
}

interface NatsAddress {
  port: number;
  /** As `nats://127.0.0.1:<port>`. */
  url: string;
  /** The monitoring endpoint: `<monitorUrl>/healthz`, `/connz`, `/jsz`. */
  monitorUrl: string;
}

/** Writes the server's configuration; it can then be started any number of times, always on the same port. */
export async function natsPart(options: NatsOptions): Promise<NatsAddress & { part: Part }> {
  const { dir, port, keys, binary, logFile = join(dir, 'nats.log'), syncInterval } = options;
  const storeDir = join(dir, 'jetstream');
  await mkdir(storeDir, { recursive: true, mode: 0o700 });
  const monitorPort = await findFreePort();
  const monitorUrl = `http://127.0.0.1:${monitorPort}`;
  const conf = join(dir, 'nats.conf');
  const pidFile = join(dir, 'nats.pid');
  const text = renderNatsConf({
    port,
    monitorPort,
    storeDir,
    pidFile,
    keys,
    ...(syncInterval && { syncInterval }),
  });
  await writeFile(conf, text, { mode: 0o600 });
  return {
    port,
    url: `nats://127.0.0.1:${port}`,
    monitorUrl,
    part: {
      name: 'nats',
      command: { command: binary, args: ['-c', conf], logFile },
      // Healthy means: its streams are recovered too.
      isReady: () =>
        fetch(`${monitorUrl}/healthz`, { signal: AbortSignal.timeout(2_000) }).then(
          (response) => response.ok,
          () => false,
        ),
    },
  };
}

/** A nats-server that runs and is ready. */
export type StartedNats = NatsAddress & StartedPart;

interface StartOptions extends Omit<NatsOptions, 'port' | 'binary'> {
  /** Default: a free one. Give the same again to start where a killed server was. */
  port?: number;
  /** Default: what `findNatsServer` finds. */
  binary?: string;
}

/** Starts a nats-server with the accounts and rights of the system; resolves when it is ready. */
export async function startNats(options: StartOptions): Promise<StartedNats> {
  const { part, ...address } = await natsPart({
    ...options,
    port: options.port ?? (await findFreePort()),
    binary: options.binary ?? (await findNatsServer()),
  });
  return { ...address, ...(await startPart(part)) };
}
