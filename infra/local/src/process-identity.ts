import { readFile } from 'node:fs/promises';
import { runCommand } from './run-command.ts';

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

/** Sends a signal; harmless where the process has ended. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
