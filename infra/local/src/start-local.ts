import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { logTail } from './parts/part-process.ts';
import { commandLineOf, readPidFile } from './parts/process-identity.ts';
import { inRepository, NODE, REPOSITORY } from './repository.ts';

const START_TIMEOUT_MS = 180_000;
const PID_TIMEOUT_MS = 20_000;
const PID_POLL_MS = 10;

const infoSchema = z.object({
  url: z.url(),
  nats: z.string(),
  postgres: z.string(),
  startedAt: z.iso.datetime(),
  natsOperatorNkey: z.string(),
  logs: z.string(),
});

export interface StartLocalOptions {
  /** The data folder. */
  data: string;
  /** Default: a free one. */
  port?: number;
  host?: string;
  /** Added to the environment of `npm start`. */
  env?: NodeJS.ProcessEnv;
}

/** The whole system as `npm start` runs it. */
export interface LocalSystem extends AsyncDisposable {
  url: string;
  nats: string;
  postgres: string;
  /** The file with the operator's nkey seed. */
  natsOperatorNkey: string;
  data: string;
  /** The supervisor's own process. */
  pid: number;
  /**
   * The living process of `nats`, `postgres`, `chat`, `scheduler`, `relay` or `runtime-<user id>`, waited for until
   * it is there; with `after` given, the one that took that one's place.
   */
  pidOf(part: string, options?: { after?: number; timeoutMs?: number }): Promise<number>;
  /** What a part has logged. */
  readLog(part: string): Promise<string>;
  /** Sends the signal to the supervisor and resolves with its exit code when it has ended. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts the whole system in processes of its own, just as `npm start` does, and resolves when it is ready. */
export async function startLocal({ data, port = 0, host, env }: StartLocalOptions): Promise<LocalSystem> {
  const folder = resolve(data);
  const args = [
    inRepository('infra', 'local', 'src', 'start.ts'),
    '--quiet',
    '--port',
    `${port}`,
    '--data',
    folder,
  ];
  const child = spawn(NODE, host ? [...args, '--host', host] : args, {
    cwd: REPOSITORY,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const exited = new Promise<number | null>((done) => child.once('close', done));

  const signal = AbortSignal.timeout(START_TIMEOUT_MS);
  while (!/^ready /m.test(said)) {
    const next = await Promise.race([
      once(child.stdout, 'data', { signal }).then(
        () => 'more' as const,
        () => 'late' as const,
      ),
      exited.then(() => 'ended' as const),
    ]);
    if (next === 'more') continue;
    child.kill('SIGTERM');
    await exited;
    throw new Error(`the system did not start (${next}):\n${said}`);
  }
  const info = infoSchema.parse(JSON.parse(await readFile(join(folder, 'run', 'info.json'), 'utf8')));

  const stop = async (stopSignal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> => {
    child.kill(stopSignal);
    return exited;
  };
  return {
    ...info,
    data: folder,
    pid: child.pid ?? 0,
    pidOf: async (part, { after, timeoutMs = PID_TIMEOUT_MS } = {}) => {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const pid = await readPidFile(join(folder, 'run', `${part}.pid`));
        if (pid !== null && pid !== after && (await commandLineOf(pid)) !== null) return pid;
        if (Date.now() > deadline)
          throw new Error(`${part} is not there:\n${await logTail(join(folder, 'logs', `${part}.log`))}`);
        await delay(PID_POLL_MS);
      }
    },
    readLog: (part) => readFile(join(folder, 'logs', `${part}.log`), 'utf8'),
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}
