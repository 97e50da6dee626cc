import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** What every runtime calls itself in its first milliseconds, before it has read whose it is. */
const ANY_RUNTIME = 'semibot-runtime';
/** What a user's runtime is called in the process list; the driver starts it under this name. */
export const runtimeTitle = (userId: string): string => `${ANY_RUNTIME}-${userId}`;

/**
 * Whether a process is this user's runtime. A process id alone proves nothing: it may have been given to another
 * process since it was written down.
 */
export async function isRuntimeOf(pid: number, userId: string): Promise<boolean> {
  const [command] = (await commandLine(pid)).split(/[\0 ]/, 1);
  return command === runtimeTitle(userId) || command === ANY_RUNTIME;
}

/** Its arguments, separated by NUL or by spaces; empty for a process that is not there or has ended. */
async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).then(
    ({ stdout }) => stdout,
    () => '',
  );
}
