import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The kernel's unit of time, in ticks a second. */
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** The fields of a process's stat, from the third on. */
function statOf(pid: number | 'self'): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // After the name, which may hold anything.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Whether the bench and all that it starts go before other work of the machine, as under `chrt`. */
export const isRealTime = (): boolean => statOf('self')[38] !== '0';

/** How long ago a process was started, in milliseconds; true to one of the kernel's ticks, which is 10 ms. Linux only. */
export function ageMs(pid: number): number {
  const startTicks = Number(statOf(pid)[19]);
  const uptimeSeconds = Number(readFileSync('/proc/uptime', 'utf8').split(' ', 1)[0]);
  return (uptimeSeconds - startTicks / TICKS_PER_SECOND) * 1_000;
}

/** What a process holds of the machine's memory, in MiB. */
export interface Memory {
  /** All that it has mapped and that is in memory. */
  rss: number;
  /** The same, where a page that several processes share counts for each by its share alone. */
  pss: number;
  /** What is its alone, and would be free without it. */
  own: number;
}

export function memoryOf(pid: number): Memory {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const mebibytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(rollup)?.[1]) / 1_024;
  return {
    rss: mebibytes('Rss'),
    pss: mebibytes('Pss'),
    own: mebibytes('Private_Clean') + mebibytes('Private_Dirty'),
  };
}
