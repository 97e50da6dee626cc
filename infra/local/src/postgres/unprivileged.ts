import { chown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommandOptions, runCommand } from '../run-command.ts';

/** A way to run a program that refuses to run as root. */
export interface Unprivileged {
  /** The command line that runs this program so. */
  wrap(command: string, args: string[]): { command: string; args: string[]; uid?: number; gid?: number };
  /** The user that must own the program's files, where it is not the one who runs us. */
  owner?: { uid: number; gid: number };
}

const NOBODY = 65534;
const asWeAre: Unprivileged = { wrap: (command, args) => ({ command, args }) };
/**
 * A user namespace in which root is called nobody: the program sees no root, the files stay root's own, and
 * folders that only root may enter can be reached.
 */
const renamed: Unprivileged = {
  wrap: (command, args) => ({
    command: 'unshare',
    args: ['--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, '--', command, ...args],
  }),
};
const asNobody: Unprivileged = {
  wrap: (command, args) => ({ command, args, uid: NOBODY, gid: NOBODY }),
  owner: { uid: NOBODY, gid: NOBODY },
};
/** The user nobody, but with root's right to pass folders that are closed to others. */
const asNobodyPassing: Unprivileged = {
  wrap: (command, args) => ({
    command: 'setpriv',
    args: [
      `--reuid=${NOBODY}`,
      `--regid=${NOBODY}`,
      '--clear-groups',
      '--inh-caps=+dac_override',
      '--ambient-caps=+dac_override',
      '--',
      command,
      ...args,
    ],
  }),
  owner: { uid: NOBODY, gid: NOBODY },
};

/**
 * How to run a program that refuses root: as we are when we are not root; else in a user namespace; else, where
 * the kernel allows none, as the user nobody. Throws when that user cannot reach the program or the folder.
 */
export async function findUnprivileged(program: string, folder: string): Promise<Unprivileged> {
  if (process.getuid?.() !== 0) return asWeAre;
  for (const way of [renamed, asNobody, asNobodyPassing]) if (await reaches(way, program, folder)) return way;
  throw new Error(`PostgreSQL refuses to run as root, this system allows no user namespace, and the user nobody cannot reach
  ${program}
  ${folder}
Ways out: start as a normal user; or move the clone and the data folder (--data) to where others may pass (chmod o+x on each folder above them).`);
}

/** Can the program be run this way, and the folder be entered? */
async function reaches(way: Unprivileged, program: string, folder: string): Promise<boolean> {
  try {
    await runUnprivileged(way, program, ['--version'], { cwd: folder });
    // Not `test -x`: the kernel answers that without the rights that a process was given.
    await runUnprivileged(way, 'sh', ['-c', 'cd "$0"', folder]);
    return true;
  } catch {
    return false;
  }
}

/** Runs a program to its end, as `runCommand` does. */
export function runUnprivileged(
  way: Unprivileged,
  program: string,
  args: string[],
  options: CommandOptions = {},
): Promise<string> {
  const { command, args: all, ...user } = way.wrap(program, args);
  return runCommand(command, all, { ...options, ...user });
}

/** Gives a folder and all in it to the user that the program runs as, where it is another's. */
export async function giveTo(way: Unprivileged, path: string): Promise<void> {
  const uid = way.owner?.uid ?? process.getuid?.();
  const gid = way.owner?.gid ?? process.getgid?.();
  if (uid === undefined || gid === undefined || (await lstat(path)).uid === uid) return;
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true }))
    await chown(join(entry.parentPath, entry.name), uid, gid);
  await chown(path, uid, gid);
}
