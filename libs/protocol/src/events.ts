import { z } from 'zod';
import { idSchema, tokenSchema } from './ids.ts';

/** Milliseconds, whole and not negative. */
const milliseconds = z.int().nonnegative();
/** A code for people and programs: upper case with underscores. Runs may carry codes that a model's provider made. */
export const runErrorCodeSchema = z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'must be an upper-case code');

/** What every event of a run carries. */
const ofRun = {
  sessionId: idSchema,
  runId: idSchema,
  /** Its place in the run: 0, 1, 2, … without a gap. */
  index: z.int().nonnegative(),
  /** When it was written, ISO 8601. */
  time: z.iso.datetime(),
  /**
   * The log's sequence of the event before it in the session, 0 for none. An event does not know its own, but the next
   * one tells it: so a relay reads the past without the store's headers, which cost the store five times the event.
   */
  previous: z.int().nonnegative().optional(),
};

const event = <const T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.object({ type: z.literal(type), ...ofRun, ...shape });

const callStart = { callId: tokenSchema, toolName: z.string(), arguments: z.unknown() };
const callComplete = {
  callId: tokenSchema,
  toolName: z.string(),
  success: z.boolean(),
  result: z.unknown().optional(),
  error: z.string().optional(),
  durationMs: milliseconds,
};
const step = { stepId: tokenSchema, title: z.string() };

/** Every event of a session's log (FEATURES part 4), by type. Results belong to calls by `callId`, never by name. */
export const EVENT_SCHEMAS = {
  user_message: event('user_message', {
    messageId: idSchema,
    parentMessageId: idSchema.nullable(),
    text: z.string(),
    mode: z.enum(['queue', 'steer', 'interrupt']),
  }),
  run_started: event('run_started', { runtimeType: z.string(), model: z.string() }),
  thinking: event('thinking', { text: z.string() }),
  plan_created: event('plan_created', {
    goal: z.string(),
    steps: z.array(z.object({ ...step, toolName: z.string().optional(), parallel: z.boolean().optional() })),
  }),
  plan_step_start: event('plan_step_start', step),
  plan_step_complete: event('plan_step_complete', step),
  plan_step_failed: event('plan_step_failed', { ...step, error: z.string() }),
  text_chunk: event('text_chunk', { text: z.string() }),
  tool_call_start: event('tool_call_start', callStart),
  tool_call_complete: event('tool_call_complete', callComplete),
  skill_call_start: event('skill_call_start', callStart),
  skill_call_complete: event('skill_call_complete', callComplete),
  mcp_call_start: event('mcp_call_start', { ...callStart, server: z.string() }),
  mcp_call_complete: event('mcp_call_complete', { ...callComplete, server: z.string() }),
  approval_requested: event('approval_requested', { ...callStart, reason: z.string().optional() }),
  approval_resolved: event('approval_resolved', {
    callId: tokenSchema,
    decision: z.enum(['approve', 'deny']),
    note: z.string().optional(),
  }),
  file_created: event('file_created', {
    fileId: idSchema,
    name: z.string(),
    mediaType: z.string(),
    bytes: z.int().nonnegative(),
  }),
  usage: event('usage', {
    model: z.string(),
    tokensIn: z.int().nonnegative(),
    tokensOut: z.int().nonnegative(),
    latencyMs: milliseconds.optional(),
  }),
  runtime_pending: event('runtime_pending', { state: z.string(), retryAfterMs: milliseconds }),
  runtime_lost: event('runtime_lost', { reason: z.string() }),
  runtime_recovered: event('runtime_recovered', {}),
  /** Withdraws what the run said from `fromIndex` on; the step is done again. */
  step_restarted: event('step_restarted', { fromIndex: z.int().nonnegative() }),
  /** The run's end; `messageId` is the saved answer's, null where nothing was written before a stop. */
  execution_complete: event('execution_complete', {
    messageId: idSchema.nullable(),
    cancelled: z.boolean().optional(),
  }),
  execution_error: event('execution_error', {
    code: runErrorCodeSchema,
    message: z.string(),
    retryAfterMs: milliseconds.optional(),
  }),
} as const;

export type EventType = keyof typeof EVENT_SCHEMAS;

/** What stands in a session's log: one event a message. */
export const sessionEventSchema = z.discriminatedUnion(
  'type',
  Object.values(EVENT_SCHEMAS) as unknown as [
    (typeof EVENT_SCHEMAS)['user_message'],
    ...(typeof EVENT_SCHEMAS)[EventType][],
  ],
);
export type SessionEvent = z.infer<typeof sessionEventSchema>;
export type EventOf<T extends EventType> = z.infer<(typeof EVENT_SCHEMAS)[T]>;

type WithoutPlace<E> = E extends SessionEvent
  ? Omit<E, 'sessionId' | 'runId' | 'index' | 'time' | 'previous'>
  : never;
/** An event before its writer gives it its place in the run. */
export type EventBody = WithoutPlace<SessionEvent>;

/**
 * Sent by a relay alone, never kept: the reader's position is older than what the log still holds, or of another
 * incarnation of it. Read the history again and go on from `cursor`.
 */
export const resyncSchema = z.object({
  type: z.literal('resync'),
  sessionId: idSchema,
  time: z.iso.datetime(),
  cursor: z.string(),
});
export type Resync = z.infer<typeof resyncSchema>;

/** The two events that end a run. */
export const isTerminal = (
  event: SessionEvent,
): event is EventOf<'execution_complete'> | EventOf<'execution_error'> =>
  event.type === 'execution_complete' || event.type === 'execution_error';
