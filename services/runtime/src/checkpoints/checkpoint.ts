import { idSchema, runFinishedMessage } from '@semibot/protocol';
import { z } from 'zod';
import { saidSchema } from '../runs/said.ts';

/** How a run ended in the runtime, as it is reported. */
const outcomeSchema = runFinishedMessage.schema.shape.outcome;
export type Outcome = z.infer<typeof outcomeSchema>;

/** Where a run stands between two of its steps, enough to go on from there in another process. */
export const checkpointSchema = z.object({
  runId: idSchema,
  generation: z.int().positive(),
  /** The last turn of the conversation that it began with: what it answers. Null where there was none. */
  lastTurnId: idSchema.nullable(),
  /** What its completed steps said. */
  said: z.array(saidSchema),
  /** The index of the first event of the step that comes next. */
  fromIndex: z.int().nonnegative(),
  /** How it ended; all its events are in the log then. Null while there is more to do. */
  outcome: outcomeSchema.nullable(),
});
export type Checkpoint = z.infer<typeof checkpointSchema>;
