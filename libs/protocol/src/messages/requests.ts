import { z } from 'zod';
import { defineMessage } from '../define-message.ts';
import { errorBodySchema } from '../errors.ts';
import { idSchema, tokenSchema } from '../ids.ts';
import { traceSchema } from '../trace.ts';
import { commandSchema } from './commands.ts';

/** Where a run's writer stands: what its next append must expect, and the index that it must have. */
export const logPositionSchema = z.object({
  /** The sequence of the subject's last message; 0 where there is none. */
  sequence: z.int().nonnegative(),
  /** The index of the run's next event. */
  nextIndex: z.int().nonnegative(),
});
export type LogPosition = z.infer<typeof logPositionSchema>;

/** A model and how to ask it. */
export const modelConfigSchema = z.object({
  provider: z.enum(['demo', 'openai-compatible']),
  model: z.string().min(1).max(200),
  temperature: z.number().min(0).max(2).default(0.7),
  maxTokens: z.int().positive().max(1_000_000).default(4096),
  timeoutMs: z.int().min(1_000).max(3_600_000).default(300_000),
});
export type ModelConfig = z.infer<typeof modelConfigSchema>;

/** One turn of the conversation that a model is given. */
export const turnSchema = z.object({
  messageId: idSchema,
  role: z.enum(['user', 'assistant']),
  text: z.string(),
});
export type Turn = z.infer<typeof turnSchema>;

interface RequestMethod {
  schema: z.ZodType;
  result: z.ZodType;
  description: string;
}

const ofRun = { runId: idSchema, generation: z.int().positive(), bootId: tokenSchema };

/** A runtime's public curve key. */
const curveKey = z.string().regex(/^X[A-Z2-7]{55}$/);

/** Provider settings: base64 of the curve-encrypted JSON of `providerKeysSchema`, and whose key opens it. */
export const sealedKeysSchema = z.object({ data: z.base64(), from: z.string() });
export type SealedKeys = z.infer<typeof sealedKeysSchema>;

/** What a runtime may ask of chat, by method (FEATURES part 7). */
export const REQUESTS = {
  init: {
    schema: z.object({
      bootId: tokenSchema,
      /** The keys are sealed to it. */
      curveKey,
    }),
    result: z.object({
      userId: idSchema,
      orgId: idSchema,
      /** The user's highest command number so far: what comes is above it. */
      commandNumber: z.int().nonnegative(),
      sealedKeys: sealedKeysSchema,
    }),
    description: 'Who this runtime works for, where its commands begin, and the provider keys sealed to it.',
  },
  get_keys: {
    schema: z.object({ bootId: tokenSchema, curveKey }),
    result: z.object({ sealedKeys: sealedKeysSchema }),
    description: 'The provider keys in force now, sealed to this runtime: asked for on the command `config`.',
  },
  get_run: {
    schema: z.object({ ...ofRun, page: z.int().nonnegative() }),
    result: z.object({
      position: logPositionSchema,
      /** The run was in other hands before: what they began is taken up or done again. */
      resumed: z.boolean(),
      runtimeType: z.string(),
      agentName: z.string(),
      systemPrompt: z.string(),
      model: modelConfigSchema,
      /** The branch up to and with the message to answer, oldest first; a page of it. */
      turns: z.array(turnSchema),
      nextPage: z.int().positive().nullable(),
    }),
    description:
      'All that a run needs: the conversation in pages, the agent, the model, and where the log stands.',
  },
  log_tail: {
    schema: z.object({ ...ofRun, messageId: z.string().min(1).max(200) }),
    result: z.object({
      position: logPositionSchema,
      /** The message with this id is in the log: the writer's attempt had landed, only its acknowledgement was lost. */
      landed: z.boolean(),
    }),
    description:
      'Where the log stands for the writer of this run, and whether its latest message is in it. RUN_STALE where ' +
      'the run is in other hands or has ended.',
  },
  commands_after: {
    schema: z.object({ bootId: tokenSchema, number: z.int().nonnegative() }),
    /** Each with the ids of the request that it came of. */
    result: z.object({ commands: z.array(z.object({ command: commandSchema, trace: traceSchema })) }),
    description: 'The commands above this number, in order, for a runtime that missed some.',
  },
} as const satisfies Record<string, RequestMethod>;

export type RequestMethodName = keyof typeof REQUESTS;
export type RequestInput<M extends RequestMethodName> = z.input<(typeof REQUESTS)[M]['schema']>;
export type RequestResult<M extends RequestMethodName> = z.infer<(typeof REQUESTS)[M]['result']>;

/** A runtime's request to chat. Its payload is by method; `session` is `_` where it is about the user. */
export const requestMessage = defineMessage({
  name: 'request',
  subject: 'requests.<user>.<session>.<method>',
  schema: z.unknown(),
  from: ['runtime'],
  to: ['chat'],
  stream: null,
  description:
    'A runtime asks; the answer is {ok: true, result} or {ok: false, error}, to its own inbox alone.',
});

export const requestAnswerSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), result: z.unknown() }),
  z.object({ ok: z.literal(false), error: errorBodySchema }),
]);
