import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchSession, newSession } from '../identity.ts';
import type { ReadersAnswer } from '../questions.ts';
import type { Side } from '../sides.ts';
import { median } from '../statistics.ts';
import type { Workload } from './workload.ts';

const STORED_TOKENS = 500;
const HERD_READERS = 300;
/** Servers that have run for a while are warm. */
const WARM_UP_READS = 20;
const SETTLE_MS = 200;

/** C: what is kept, read by one, by one beside another, and by a herd at once. */
export function stored(times: number): Workload {
  return {
    title: `C. ${STORED_TOKENS} stored tokens`,
    async run(side) {
      const repeat = async (count: number, read: () => Promise<ReadersAnswer>): Promise<ReadersAnswer[]> => {
        const answers = [];
        for (let done = 0; done < count; done += 1) answers.push(await read());
        return answers;
      };
      await repeat(WARM_UP_READS, () => readCold(side, 1));
      await readCold(side, HERD_READERS);
      const alone = await repeat(times, () => readCold(side, 1));
      const beside = await repeat(times, () => readBeside(side));
      const herd = await repeat(Math.ceil(times / 3), () => readCold(side, HERD_READERS));
      return {
        'first ms': median(alone.map(({ first }) => first)),
        'last ms': median(alone.map(({ last }) => last)),
        'beside another reader, first ms': median(beside.map(({ first }) => first)),
        'beside another reader, last ms': median(beside.map(({ last }) => last)),
        [`${HERD_READERS} at once, first ms`]: median(herd.map(({ first }) => first)),
        [`${HERD_READERS} at once, last ms`]: median(herd.map(({ last }) => last)),
      };
    },
  };
}

/** Nobody has read the session before. */
async function readCold(side: Side, readers: number): Promise<ReadersAnswer> {
  const session = newSession();
  await store(side, session);
  return resume(side, session, readers);
}

/** A second tab: the relay follows the session already, for the first one. */
async function readBeside(side: Side): Promise<ReadersAnswer> {
  const session = newSession();
  await side.readers.ask({ type: 'open', port: side.port(), sessions: [session] });
  await store(side, session);
  const answer = await resume(side, session, 1);
  await side.readers.ask({ type: 'close' });
  return answer;
}

async function store(side: Side, session: BenchSession): Promise<void> {
  await side.producer.ask({ type: 'store', session, count: STORED_TOKENS });
  await sleep(SETTLE_MS);
}

const resume = (side: Side, session: BenchSession, readers: number): Promise<ReadersAnswer> =>
  side.readers.ask({ type: 'resume', port: side.port(), session, readers, tokens: STORED_TOKENS });
