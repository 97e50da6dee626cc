import type { LocalSystem } from '@semibot/local';

/** SIGKILL to a part, as soon as it has a process; gives that process's id. */
export async function killPart(system: LocalSystem, part: string): Promise<number> {
  for (;;) {
    const pid = await system.pidOf(part);
    try {
      process.kill(pid, 'SIGKILL');
      return pid;
    } catch {
      // It died by itself between the two lines: the next one is on its way.
    }
  }
}
