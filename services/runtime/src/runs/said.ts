import { idSchema } from '@semibot/protocol';
import { z } from 'zod';

/** What was said in a run after the message that it answers: by the model, and by the person who steers it. */
export const saidSchema = z.discriminatedUnion('role', [
  z.object({ role: z.literal('assistant'), text: z.string() }),
  z.object({ role: z.literal('user'), messageId: idSchema, text: z.string() }),
]);
export type Said = z.infer<typeof saidSchema>;
/** A message that steers a run. */
export type Steering = Extract<Said, { role: 'user' }>;

/** The ids of the steering messages that were taken into account. */
export const steeredBy = (said: readonly Said[]): string[] =>
  said.flatMap((one) => (one.role === 'user' ? [one.messageId] : []));
