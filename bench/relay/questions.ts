import { z } from 'zod';

/** What the bench asks its helper processes, and what they answer. */

const sessionSchema = z.object({ userId: z.string(), sessionId: z.string(), token: z.string() });

export const producerAskSchema = z.discriminatedUnion('type', [
  /** Each session says so many tokens a second for so long. */
  z.object({
    type: z.literal('pace'),
    sessions: z.array(sessionSchema),
    perSecond: z.number(),
    seconds: z.number(),
  }),
  /** A session says so many tokens, each an event of its own. */
  z.object({ type: z.literal('store'), session: sessionSchema, count: z.int() }),
]);
export type ProducerAsk = z.infer<typeof producerAskSchema>;

export const producerAnswerSchema = z.object({ tokens: z.int() });

export const readersAskSchema = z.discriminatedUnion('type', [
  /** Opens a stream on each session, which comes back by itself when it ends; answers when all are open. */
  z.object({ type: z.literal('open'), port: z.int(), sessions: z.array(sessionSchema) }),
  /** Waits for so many tokens a session, or until nothing comes any more, and closes. */
  z.object({ type: z.literal('finish'), perSession: z.int() }),
  /** Opens so many streams on one session from its beginning at once; answers when each has so many tokens. */
  z.object({
    type: z.literal('resume'),
    port: z.int(),
    session: sessionSchema,
    readers: z.int(),
    tokens: z.int(),
  }),
  z.object({ type: z.literal('close') }),
]);
export type ReadersAsk = z.infer<typeof readersAskSchema>;

/** What the readers were given; times in milliseconds. */
export const readersAnswerSchema = z.object({
  p50: z.number().default(0),
  p99: z.number().default(0),
  lost: z.int().default(0),
  twice: z.int().default(0),
  reordered: z.int().default(0),
  /** The longest that any reader was given nothing between two tokens. */
  silence: z.number().default(0),
  /** Until every reader had its first and its last token. */
  first: z.number().default(0),
  last: z.number().default(0),
});
export type ReadersAnswer = z.infer<typeof readersAnswerSchema>;
