import { setTimeout as sleep } from 'node:timers/promises';
import { newSessions } from './identity.ts';
import { cpuTimeMs, residentBytes } from './process-usage.ts';
import type { Side } from './sides.ts';
import { median } from './statistics.ts';

/** What a workload measured on one side: figures by name. */
export type Figures = Record<string, number>;

export interface Workload {
  title: string;
  run(side: Side): Promise<Figures>;
}

const TOKENS_PER_SECOND = 20;
const STORED_TOKENS = 500;
const HERD_READERS = 300;

const perToken = (milliseconds: number, tokens: number): number => (milliseconds * 1_000) / tokens;

/** A: sessions that stream, each with a reader. */
export function steady(sessionCount: number, seconds: number, warmUpSeconds: number): Workload {
  return {
    title: `A. ${sessionCount} sessions, ${TOKENS_PER_SECOND} tokens/s each, ${seconds} s`,
    async run(side) {
      const stream = async (duration: number) => {
        const sessions = newSessions(sessionCount);
        await side.readers.ask({ type: 'open', port: side.port(), sessions });
        const processes = [
          ...side.servers(),
          { name: 'producer', pid: side.producer.pid },
          { name: 'readers', pid: side.readers.pid },
        ];
        const before = processes.map(({ pid }) => cpuTimeMs(pid));
        const { tokens } = await side.producer.ask({
          type: 'pace',
          sessions,
          perSecond: TOKENS_PER_SECOND,
          seconds: duration,
        });
        const cpu = processes.map(({ name, pid }, at) => {
          const used = cpuTimeMs(pid) - (before[at] ?? 0);
          return [`CPU ${name}`, perToken(used, tokens)] as const;
        });
        const given = await side.readers.ask({ type: 'finish', perSession: TOKENS_PER_SECOND * duration });
        return { cpu, given };
      };
      await stream(warmUpSeconds);
      const { cpu, given } = await stream(seconds);
      const servers = cpu.slice(0, side.servers().length);
      return {
        'p50 ms': given.p50,
        'p99 ms': given.p99,
        'CPU servers': servers.reduce((sum, [, used]) => sum + used, 0),
        ...Object.fromEntries(cpu),
        lost: given.lost,
        twice: given.twice,
        reordered: given.reordered,
      };
    },
  };
}

/** B: readers that wait, each on a session of its own. */
export function idle(readerCount: number, settleMs: number): Workload {
  return {
    title: `B. ${readerCount} idle readers`,
    async run(side) {
      const held = () => side.servers().map(({ pid }) => residentBytes(pid));
      const warmUp = newSessions(50);
      await side.readers.ask({ type: 'open', port: side.port(), sessions: warmUp });
      await sleep(settleMs);
      const before = held();
      await side.readers.ask({ type: 'open', port: side.port(), sessions: newSessions(readerCount) });
      await sleep(settleMs);
      const kilobytes = held().map((bytes, at) => (bytes - (before[at] ?? 0)) / readerCount / 1_024);
      const byName = side.servers().map(({ name }, at) => [`KB a reader, ${name}`, kilobytes[at] ?? 0]);
      await side.readers.ask({ type: 'close' });
      return {
        ...Object.fromEntries(byName),
        'KB a reader': kilobytes.reduce((sum, each) => sum + each, 0),
      };
    },
  };
}

/** C: what is kept, read by one, and by a herd at once. */
export function stored(singles: number): Workload {
  return {
    title: `C. ${STORED_TOKENS} stored tokens`,
    async run(side) {
      const read = async (readers: number) => {
        const [session] = newSessions(1);
        if (!session) throw new Error('no session');
        await side.producer.ask({ type: 'store', session, count: STORED_TOKENS });
        await sleep(200);
        return side.readers.ask({
          type: 'resume',
          port: side.port(),
          session,
          readers,
          tokens: STORED_TOKENS,
        });
      };
      // Once for each to be warm.
      await read(1);
      await read(HERD_READERS);
      const alone = [];
      for (let count = 0; count < singles; count += 1) alone.push(await read(1));
      const herd = await read(HERD_READERS);
      return {
        'first ms': median(alone.map(({ first }) => first)),
        'last ms': median(alone.map(({ last }) => last)),
        [`${HERD_READERS} at once, first ms`]: herd.first,
        [`${HERD_READERS} at once, last ms`]: herd.last,
      };
    },
  };
}

/** D: the relay dies in the middle of a stream. */
export function killed(sessionCount: number, seconds: number): Workload {
  return {
    title: `D. Relay killed mid-stream, ${sessionCount} sessions`,
    async run(side) {
      const sessions = newSessions(sessionCount);
      await side.readers.ask({ type: 'open', port: side.port(), sessions });
      const producing = side.producer.ask({
        type: 'pace',
        sessions,
        perSecond: TOKENS_PER_SECOND,
        seconds,
      });
      await sleep((seconds * 1_000) / 3);
      await side.restartRelay();
      await producing;
      const given = await side.readers.ask({ type: 'finish', perSession: TOKENS_PER_SECOND * seconds });
      const { lost, twice, reordered, silence } = given;
      return { lost, twice, reordered, 'silent ms': silence };
    },
  };
}
