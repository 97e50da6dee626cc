import { setTimeout as sleep } from 'node:timers/promises';
import { newSessions } from '../identity.ts';
import { residentBytes } from '../process-usage.ts';
import type { Workload } from './workload.ts';

const WARM_UP_READERS = 50;

/** B: readers that wait, each on a session of its own. */
export function idle(readers: number, settleMs: number): Workload {
  return {
    title: `B. ${readers} idle readers`,
    async run(side) {
      const open = async (count: number): Promise<void> => {
        await side.readers.ask({ type: 'open', port: side.port(), sessions: newSessions(count) });
        await sleep(settleMs);
      };
      await open(WARM_UP_READERS);
      const servers = side.servers().map((server) => ({ ...server, before: residentBytes(server.pid) }));
      await open(readers);
      const held = servers.map(({ name, pid, before }) => ({
        name,
        kilobytes: (residentBytes(pid) - before) / readers / 1_024,
      }));
      await side.readers.ask({ type: 'close' });
      return {
        'KB a reader, servers': held.reduce((sum, { kilobytes }) => sum + kilobytes, 0),
        ...Object.fromEntries(held.map(({ name, kilobytes }) => [`KB a reader, ${name}`, kilobytes])),
      };
    },
  };
}
