import type { Turn } from '@semibot/protocol';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { type Said, type Steering, steeredBy } from './said.ts';

/** The conversation of a run, and what was said in the run after it. */
export interface Conversation {
  turns: Turn[];
  said: Said[];
  /** What was written to the run and no step of it has heard: the end of `said`. */
  late: Steering[];
}

/**
 * The conversation of a run that is taken up again. Chat tells the messages that steered the run among the turns; they
 * belong to what was said in the run: where the checkpoint has them, or at its end if they came after it.
 */
export function takeUp(turns: readonly Turn[], checkpoint: Checkpoint | null): Conversation {
  const said = checkpoint?.said ?? [];
  const begunWith = turns.findIndex(({ messageId }) => messageId === checkpoint?.lastTurnId);
  const taken = new Set(steeredBy(said));
  const others = turns.filter(({ messageId }) => !taken.has(messageId));
  if (begunWith < 0) return { turns: others, said: [...said], late: [] };
  const late = turns
    .slice(begunWith + 1)
    .filter(({ messageId }) => !taken.has(messageId))
    .map(({ messageId, text }): Steering => ({ role: 'user', messageId, text }));
  return { turns: turns.slice(0, begunWith + 1), said: [...said, ...late], late };
}
