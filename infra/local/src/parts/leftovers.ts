import { readdir, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { DataFolder } from '../data-folder.ts';
import { commandLineOf, readPidFile, signalProcess } from './process-identity.ts';

const POLL_MS = 20;

interface Leftover {
  part: string;
  pid: number;
}

/** Is a process with this command line the part of this data folder? A pid file may be older than its pid's owner. */
export function isPart(part: string, commandLine: string, data: DataFolder): boolean {
  if (part === 'nats') return commandLine.includes(data.nats);
  if (part === 'postgres') return commandLine.includes(data.postgres);
  const service = part.startsWith('runtime-') ? 'runtime' : part;
  return (
    commandLine.startsWith(`semibot-${service}`) || commandLine.includes(`services/${service}/src/main.ts`)
  );
}

/** The parts whose pid files name a process that lives and is theirs; the other pid files are removed. */
export async function findLeftovers(
  data: DataFolder,
  belongs: (part: string) => boolean,
): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const name of await readdir(data.run)) {
    const part = /^(.+)\.pid$/.exec(name)?.[1];
    if (!part || part === 'semibot' || !belongs(part)) continue;
    const pid = await readPidFile(data.pidFile(part));
    const commandLine = pid === null ? null : await commandLineOf(pid);
    if (pid !== null && commandLine !== null && isPart(part, commandLine, data)) found.push({ part, pid });
    else await rm(data.pidFile(part), { force: true });
  }
  return found;
}

/**
 * Stops processes that are no children of ours, and kills those that have not ended in time. Removes their pid
 * files.
 */
export async function stopLeftovers(data: DataFolder, leftovers: Leftover[], limitMs: number): Promise<void> {
  const deadline = Date.now() + limitMs;
  await Promise.all(
    leftovers.map(async ({ part, pid }) => {
      signalProcess(pid, part === 'postgres' ? 'SIGINT' : 'SIGTERM');
      // One that was paused would not hear of it.
      signalProcess(pid, 'SIGCONT');
      let killed = false;
      while (await lives(part, pid, data)) {
        if (!killed && Date.now() > deadline) {
          // Every part leads a process group: what it has started goes with it.
          signalProcess(-pid, 'SIGKILL');
          signalProcess(pid, 'SIGKILL');
          killed = true;
        }
        await delay(POLL_MS);
      }
      await rm(data.pidFile(part), { force: true });
    }),
  );
}

async function lives(part: string, pid: number, data: DataFolder): Promise<boolean> {
  const commandLine = await commandLineOf(pid);
  return commandLine !== null && isPart(part, commandLine, data);
}
