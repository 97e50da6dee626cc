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

/** SIGKILL to a part that lives; one that is still on its way back is left alone. */
export async function killIfAlive(system: LocalSystem, part: string): Promise<boolean> {
  try {
    process.kill(await system.pidOf(part, { timeoutMs: 0 }), 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
