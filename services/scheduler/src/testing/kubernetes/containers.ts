import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** How a container's process ended, as Kubernetes tells it. */
export interface ContainerEnd {
  exitCode: number;
  reason: 'Completed' | 'Error' | 'OOMKilled';
}

/** A container that runs: a process of this machine in a group of its own. */
export interface RunningContainer {
  pid: number;
  ended: Promise<ContainerEnd>;
  signal(name: NodeJS.Signals): void;
  /** Ends it as the kernel ends what uses too much memory. */
  killForMemory(): void;
}

const SIGNAL_NUMBERS: Partial<Record<NodeJS.Signals, number>> = {
  SIGKILL: 9,
  SIGTERM: 15,
  SIGABRT: 6,
  SIGSEGV: 11,
};
const SIGNAL_BASE = 128;

/** Starts a container's program. Rejects where there is no such program. */
export async function startContainer(options: {
  /** The program and its arguments. */
  command: readonly string[];
  environment: NodeJS.ProcessEnv;
  cwd: string;
  logFile: string;
}): Promise<RunningContainer> {
  const [program = '', ...args] = options.command;
  await mkdir(dirname(options.logFile), { recursive: true });
  await using log = await open(options.logFile, 'a', 0o600);
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    cwd: options.cwd,
    env: options.environment,
  });
  let outOfMemory = false;
  const ended = new Promise<ContainerEnd>((resolve) =>
    child.once('exit', (code, signal) => {
      const exitCode = signal ? SIGNAL_BASE + (SIGNAL_NUMBERS[signal] ?? 0) : (code ?? 0);
      resolve({ exitCode, reason: outOfMemory ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error' });
    }),
  );
  const pid = await pidOf(child);
  const signal = (name: NodeJS.Signals): void => {
    try {
      process.kill(-pid, name);
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  };
  return {
    pid,
    ended,
    signal,
    killForMemory() {
      outOfMemory = true;
      signal('SIGKILL');
    },
  };
}

const pidOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => (child.pid ? resolve(child.pid) : reject(new Error('it has no process id'))));
  });
