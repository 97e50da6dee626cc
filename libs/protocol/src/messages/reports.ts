import { z } from 'zod';
import { defineMessage } from '../define-message.ts';
import { runErrorCodeSchema } from '../events.ts';
import { idSchema, tokenSchema } from '../ids.ts';

/** A runtime's word that a run has ended on its side: chat saves the answer and tells the readers. */
export const runFinishedMessage = defineMessage({
  name: 'runFinished',
  subject: 'reports.<user>.<session>.run_finished',
  schema: z.object({
    runId: idSchema,
    generation: z.int().positive(),
    bootId: tokenSchema,
    /** How many events the run has in the log: all of them are acknowledged. */
    nextIndex: z.int().nonnegative(),
    outcome: z.discriminatedUnion('type', [
      z.object({ type: z.literal('completed') }),
      z.object({ type: z.literal('cancelled') }),
      z.object({ type: z.literal('failed'), code: runErrorCodeSchema, message: z.string() }),
    ]),
    /** The steering messages that the run took into account; the others get a run of their own. */
    steeredBy: z.array(idSchema),
  }),
  from: ['runtime'],
  to: ['chat'],
  stream: 'REPORTS',
  description: 'The run has ended in the runtime, with all its events in the log.',
});
export type RunFinished = z.infer<typeof runFinishedMessage.schema>;
