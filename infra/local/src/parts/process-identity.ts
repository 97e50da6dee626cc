import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { runCommand } from '../run-command.ts';

const REAP_POLL_MS = 20;

/** The command line (or the title that a process gave itself) of a living process, or null where there is none. */
export async function commandLineOf(pid: number): Promise<string | null> {
  if (process.platform === 'linux') {
    const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    // One that has ended and waits for its parent has none.
    return text.replaceAll('\0', ' ').trim() || null;
  }
  const text = await runCommand('ps', ['-o', 'command=', '-p', `${pid}`]).catch(() => '');
  return text.trim() || null;
}

/** The pid in a file, or null. */
export async function readPidFile(file: string): Promise<number | null> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return /^\d+\s*$/.test(text) ? Number(text) : null;
}

/** Sends a signal (0: none, only asks); false where there is no such process. */
export function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

/**
 * Waits until ended processes are out of the system's table too, at most `limitMs`: the one that takes orphans in
 * (pid 1) may take its time in a container, and until then they look alive to a plain look.
 */
export async function untilReaped(pids: readonly number[], limitMs: number): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (Date.now() < deadline && pids.some((pid) => signalProcess(pid, 0))) await delay(REAP_POLL_MS);
}
