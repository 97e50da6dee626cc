import { newSessions } from '../identity.ts';
import { cpuTimeMs } from '../process-usage.ts';
import type { Side } from '../sides.ts';
import { TOKENS_PER_SECOND, type Workload } from './workload.ts';

interface Span {
  sessions: number;
  seconds: number;
}

/** A: sessions that speak, each with a reader. */
export function steady({ sessions, seconds }: Span, warmUpSeconds: number): Workload {
  return {
    title: `A. ${sessions} sessions, ${TOKENS_PER_SECOND} tokens/s each, ${seconds} s`,
    async run(side) {
      await speak(side, { sessions, seconds: warmUpSeconds });
      const { given, cpu } = await speak(side, { sessions, seconds });
      const servers = cpu.slice(0, side.servers().length);
      return {
        'p50 ms': given.p50,
        'p99 ms': given.p99,
        'CPU servers': servers.reduce((sum, { used }) => sum + used, 0),
        ...Object.fromEntries(cpu.map(({ name, used }) => [`CPU ${name}`, used])),
        lost: given.lost,
        twice: given.twice,
        reordered: given.reordered,
      };
    },
  };
}

async function speak(side: Side, { sessions: count, seconds }: Span) {
  const sessions = newSessions(count);
  await side.readers.ask({ type: 'open', port: side.port(), sessions });
  const processes = [
    ...side.servers(),
    { name: 'producer', pid: side.producer.pid },
    { name: 'readers', pid: side.readers.pid },
  ].map((process) => ({ ...process, before: cpuTimeMs(process.pid) }));
  const { tokens } = await side.producer.ask({
    type: 'pace',
    sessions,
    perSecond: TOKENS_PER_SECOND,
    seconds,
  });
  // In milliseconds a 1000 tokens.
  const cpu = processes.map(({ name, pid, before }) => ({
    name,
    used: ((cpuTimeMs(pid) - before) * 1_000) / tokens,
  }));
  const given = await side.readers.ask({ type: 'finish', perSession: TOKENS_PER_SECOND * seconds });
  return { given, cpu };
}
