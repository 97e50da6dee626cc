import { z } from 'zod';
import { defineMessage } from '../define-message.ts';
import { idSchema, tokenSchema } from '../ids.ts';

const command = <const T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.object({
    type: z.literal(type),
    /** 1, 2, 3, … for each user: a jump tells a runtime that it missed one. */
    number: z.int().positive(),
    /** The runtime process that it is for; every other one ignores it. */
    bootId: tokenSchema,
    ...shape,
  });
const ofRun = { sessionId: idSchema, runId: idSchema };

/** What a runtime is told to do. */
export const commandSchema = z.discriminatedUnion('type', [
  /** Do the run as this generation. Its context is asked for with `get_run`. */
  command('run', { ...ofRun, generation: z.int().positive() }),
  /** Stop the run, whether it has begun or not. */
  command('cancel', ofRun),
  /** Give the run this message at its next step. */
  command('steer', { ...ofRun, messageId: idSchema, text: z.string() }),
  /** What holds for all sessions has changed, as the provider keys: to be asked for again, before any later run. */
  command('config', {}),
]);
export type Command = z.infer<typeof commandSchema>;

export const commandMessage = defineMessage({
  name: 'command',
  subject: 'commands.<user>.<session>',
  schema: commandSchema,
  from: ['chat'],
  to: ['runtime', 'people'],
  stream: 'COMMANDS',
  description: "What a runtime is to do, with the user's next command number.",
});

export const orderMessage = defineMessage({
  name: 'order',
  subject: 'orders.<user>.<session>',
  schema: commandSchema,
  from: ['chat'],
  to: ['runtime', 'people'],
  stream: null,
  republishes: 'command',
  description:
    "The command as the server passes it on once it is kept: what a runtime follows. Without JetStream's headers it is no order.",
});
