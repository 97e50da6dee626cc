import { setTimeout as sleep } from 'node:timers/promises';
import { newSessions } from '../identity.ts';
import { TOKENS_PER_SECOND, type Workload } from './workload.ts';

/** D: the relay dies in the middle of what sessions say, and a new one takes its place. */
export function killed(sessionCount: number, seconds: number): Workload {
  return {
    title: `D. Relay killed mid-stream, ${sessionCount} sessions`,
    async run(side) {
      const sessions = newSessions(sessionCount);
      await side.readers.ask({ type: 'open', port: side.port(), sessions });
      const speaking = side.producer.ask({ type: 'pace', sessions, perSecond: TOKENS_PER_SECOND, seconds });
      await sleep((seconds * 1_000) / 3);
      await side.restartRelay();
      await speaking;
      const given = await side.readers.ask({ type: 'finish', perSession: TOKENS_PER_SECOND * seconds });
      const { lost, twice, reordered, silence } = given;
      return { lost, twice, reordered, 'silent ms': silence };
    },
  };
}
