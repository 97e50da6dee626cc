import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Driver, RuntimeStart, StartedRuntime } from './driver.ts';
import { isRuntimeOf, runtimeTitle } from './process-identity.ts';

const RUNTIME_ENTRY = fileURLToPath(new URL('../../../runtime/src/main.ts', import.meta.url));
/** A killed process is gone after at most this long, or the machine is in trouble. */
const KILL_TIMEOUT_MS = 3_000;
const KILL_POLL_MS = 10;
/**
 * A runtime mostly waits, and the memory of its busiest moment would stay with it. So its young generation is small
 * (in MiB; half of this would save 1 MiB more and cost each start a tenth of its time), and it may tidy up when idle.
 */
const NODE_OPTIONS = ['--max-semi-space-size=2', '--expose-gc'];

export interface ProcessDriverOptions {
  dataDir: string;
  /** The bus as runtimes reach it. */
  natsUrl: string;
  /** What runtimes get of this process's environment, and nothing more of it. */
  environment: Record<string, string>;
  /** The program that runs; default the runtime of this repository. */
  entry?: string;
}

/**
 * Runtimes as processes on this machine, each in a session of its own: they outlive the scheduler, and the next one
 * finds them by `<data>/run/runtime-<user id>.pid`.
 */
export function createProcessDriver(options: ProcessDriverOptions): Driver {
  const { dataDir, natsUrl, environment, entry = RUNTIME_ENTRY } = options;
  const pidFile = (userId: string): string => join(dataDir, 'run', `runtime-${userId}.pid`);
  // Compiled code of the runtime, which halves its start. It is executed as found, so it belongs to runtimes alone: no
  // service reads it, nor any other account of the machine; among each other, processes of one account are not apart.
  const compileCache = join(dataDir, 'cache', 'runtimes');

  async function find(userId: string): Promise<string | null> {
    const text = await readFile(pidFile(userId), 'utf8').catch(() => '');
    const pid = Number(text.trim());
    return Number.isSafeInteger(pid) && pid > 1 && (await isRuntimeOf(pid, userId)) ? String(pid) : null;
  }

  async function kill(userId: string): Promise<void> {
    const deadline = Date.now() + KILL_TIMEOUT_MS;
    for (let pid = await find(userId); pid; pid = await find(userId)) {
      // SIGKILL, because what is replaced may hang or be stopped; its group too, which is what it has started.
      signal(-Number(pid), 'SIGKILL');
      signal(Number(pid), 'SIGKILL');
      if (Date.now() > deadline) throw new Error(`process ${pid} of an older runtime does not end`);
      await delay(KILL_POLL_MS);
    }
    await rm(pidFile(userId), { force: true });
  }

  async function start(runtime: RuntimeStart): Promise<StartedRuntime> {
    const { userId } = runtime;
    const ownDir = join(dataDir, 'runtimes', userId);
    for (const dir of [join(dataDir, 'run'), join(dataDir, 'logs'), compileCache, ownDir])
      await mkdir(dir, { recursive: true, mode: 0o700 });
    await kill(userId);

    await using log = await open(join(dataDir, 'logs', `runtime-${userId}.log`), 'a', 0o600);
    const child = spawn(process.execPath, [...NODE_OPTIONS, entry], {
      argv0: runtimeTitle(userId),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      cwd: ownDir,
      env: {
        ...environment,
        NODE_COMPILE_CACHE: compileCache,
        NATS_URL: natsUrl,
        SEMIBOT_DATA_DIR: ownDir,
        VM_USER_ID: userId,
        VM_ORG_ID: runtime.orgId,
        VM_INSTANCE_ID: runtime.instanceId,
        VM_TOKEN: runtime.token,
        VM_TICKET: runtime.ticket,
      },
    });
    const ended = endOf(child);
    const pid = await pidOf(child);
    child.unref();
    await replaceFile(pidFile(userId), `${pid}\n`);
    return { vmId: String(pid), ended };
  }

  /** Its group too: what it has started rests with it. */
  async function signalAll(userId: string, name: 'SIGSTOP' | 'SIGCONT'): Promise<boolean> {
    const pid = await find(userId);
    if (!pid) return false;
    signal(-Number(pid), name);
    return true;
  }

  return {
    mode: 'process',
    sees: true,
    spawn: start,
    find,
    kill,
    freeze: (userId) => signalAll(userId, 'SIGSTOP'),
    thaw: (userId) => signalAll(userId, 'SIGCONT'),
  };
}

const endOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) =>
    child.once('exit', (code, signal) => resolve(signal ? `by ${signal}` : `with code ${code}`)),
  );

const pidOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => (child.pid ? resolve(child.pid) : reject(new Error('it has no process id'))));
  });

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It ended by itself in the meantime.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Readers see the old or the new text, never half of it. */
async function replaceFile(file: string, text: string): Promise<void> {
  const next = `${file}.next`;
  await writeFile(next, text, { mode: 0o600 });
  await rename(next, file);
}
