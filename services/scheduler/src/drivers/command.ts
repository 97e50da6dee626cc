import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Driver, RuntimeStart, StartedRuntime } from './driver.ts';

/** A command that still runs after this long has the runtime on its way, or is it. */
const SETTLED_MS = 2_000;
/** So much of what it said last is kept with its failure, in characters. */
const TAIL_CHARACTERS = 1_000;

export interface CommandDriverOptions {
  /** Run by `sh -c`. */
  command: string;
  dataDir: string;
  /** The bus as runtimes reach it. */
  natsUrl: string;
  /** What the command gets of this process's environment, and nothing more of it. */
  environment: Record<string, string>;
}

/**
 * Runtimes that a command of the operator's own brings up, wherever it will: it is given all by its environment, and
 * either starts the runtime and ends with 0, or becomes it. What it fails with is told, without the secrets.
 */
export function createCommandDriver({
  command,
  dataDir,
  natsUrl,
  environment,
}: CommandDriverOptions): Driver {
  /** Commands that have not ended, by user. */
  const running = new Map<string, ChildProcess>();
  let count = 0;

  async function start(runtime: RuntimeStart): Promise<StartedRuntime> {
    const { userId, instanceId, token, ticket } = runtime;
    await kill(userId);
    await mkdir(join(dataDir, 'logs'), { recursive: true, mode: 0o700 });
    const logFile = join(dataDir, 'logs', `bootstrap-${userId}.log`);
    await using log = await open(logFile, 'a', 0o600);
    const { size } = await stat(logFile);
    const child = spawn('sh', ['-c', command], {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: {
        ...environment,
        NATS_URL: natsUrl,
        VM_MODE: 'command',
        VM_USER_ID: userId,
        VM_ORG_ID: runtime.orgId,
        VM_INSTANCE_ID: instanceId,
        VM_TOKEN: token,
        VM_TICKET: ticket,
        FORCE_RESTART_RUNTIME: runtime.force ? '1' : '0',
      },
    });
    running.set(userId, child);
    const outcome = endOf(child).then(async (how) => {
      if (running.get(userId) === child) running.delete(userId);
      if (how === null) return null;
      const said = withoutSecrets(await readFrom(logFile, size), [token, ticket]);
      return `VM_BOOTSTRAP_CMD ended ${how}${said && `: ${said}`}`;
    });
    const failure = await Promise.race([outcome, delay(SETTLED_MS, null, { ref: false })]);
    if (failure !== null) throw new Error(failure);
    child.unref();
    count += 1;
    // One that ended well has left a runtime behind, of whose end the bus tells alone.
    const ended = outcome.then((how) => how ?? new Promise<string>(() => {}));
    return { vmId: `command-${instanceId}-${count}`, ended };
  }

  /** Ends the command itself; what it has started elsewhere is shut out of the bus, and told to go by the next one. */
  async function kill(userId: string): Promise<void> {
    const pid = running.get(userId)?.pid;
    running.delete(userId);
    if (!pid) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }

  return {
    mode: 'command',
    sees: false,
    spawn: start,
    find: async () => null,
    kill,
    freeze: async () => false,
    thaw: async () => false,
  };
}

/** Null where it ended well, else how. */
const endOf = (child: ChildProcess): Promise<string | null> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(`with ${error.message}`));
    child.once('exit', (code, signal) =>
      resolve(signal ? `by ${signal}` : code ? `with code ${code}` : null),
    );
  });

async function readFrom(file: string, position: number): Promise<string> {
  const all = await readFile(file).catch(() => Buffer.alloc(0));
  return all.subarray(position).toString('utf8');
}

/** The end of what was said, on one line, with every secret crossed out. */
function withoutSecrets(text: string, secrets: readonly string[]): string {
  const clean = secrets.reduce((left, secret) => left.replaceAll(secret, '[secret]'), text);
  return clean.trim().slice(-TAIL_CHARACTERS).replaceAll(/\s+/g, ' ');
}
