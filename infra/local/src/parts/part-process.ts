import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { passedEnvironment } from '../config.ts';

/** How a part is started. */
export interface PartCommand {
  command: string;
  args: string[];
  /** Default: the variables that every process of ours may see. */
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Takes what the part prints, added at the end. */
  logFile: string;
  /** Where it must run as another user. */
  uid?: number;
  gid?: number;
}

/** How a process ended. */
export interface PartExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A part that runs. */
export interface PartProcess {
  pid: number;
  /** Resolves when it has ended, never rejects. */
  exited: Promise<PartExit>;
  hasExited(): boolean;
  /** Sends a signal; where it ends the process, `exited` tells. */
  signal(signal: NodeJS.Signals): void;
}

/**
 * Starts a part in a process group of its own, so that a Ctrl-C in the terminal reaches the supervisor alone and
 * the parts stop in order. Throws when the program cannot be run.
 */
export async function startPartProcess(part: PartCommand): Promise<PartProcess> {
  const log = openSync(part.logFile, 'a', 0o600);
  try {
    const child = spawn(part.command, part.args, {
      cwd: part.cwd,
      env: part.env ?? passedEnvironment(),
      stdio: ['ignore', log, log],
      detached: true,
      uid: part.uid,
      gid: part.gid,
    });
    const exited = exitOf(child);
    await spawned(child);
    const { pid } = child;
    if (pid === undefined) throw new Error(`${part.command} has no process id`);
    return {
      pid,
      exited,
      hasExited: () => child.exitCode !== null || child.signalCode !== null,
      signal: (signal) => {
        child.kill(signal);
      },
    };
  } finally {
    closeSync(log);
  }
}

const exitOf = (child: ChildProcess): Promise<PartExit> =>
  new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));

const spawned = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });

/** The last lines of a log, for an error's text. */
export async function logTail(file: string, lines = 8): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}
