import { z } from 'zod';
import { cursorSchema } from '../cursor.ts';
import { defineRoute, pageMetaSchema, pageQuerySchema } from '../define-route.ts';
import { idSchema } from '../ids.ts';
import { MESSAGE_MAX_CHARACTERS } from '../limits.ts';
import { sessionParams } from './sessions.ts';

export const messageSchema = z.object({
  id: idSchema,
  sessionId: idSchema,
  parentId: idSchema.nullable(),
  /** The run that a user's message set off, or that an answer came from. */
  runId: idSchema,
  role: z.enum(['user', 'assistant']),
  text: z.string(),
  /** The answer was stopped, or broke off with an error, after this much. */
  status: z.enum(['complete', 'cancelled', 'failed']),
  createdAt: z.iso.datetime(),
});
export type Message = z.infer<typeof messageSchema>;

export const MESSAGE_MODES = ['queue', 'steer', 'interrupt'] as const;

/** A message of more than MESSAGE_MAX_CHARACTERS has a code of its own, so the schema leaves its length to the route. */
const text = z.string().refine((value) => value.trim() !== '', 'must not be blank');

const accepted = z.object({
  runId: idSchema,
  messageId: idSchema,
  /** The log position from which this run's events follow. */
  cursor: cursorSchema,
});

export const messageRoutes = {
  list: defineRoute({
    service: 'chat',
    resource: 'messages',
    verb: 'list',
    method: 'GET',
    path: '/sessions/:sessionId/messages',
    params: sessionParams,
    query: pageQuerySchema,
    data: z.array(messageSchema),
    /** `cursor` is the log position that this answer covers: what comes after it is in the log. */
    meta: pageMetaSchema.extend({ cursor: cursorSchema }),
    description:
      'The history, the newest page first and oldest first within a page, and the log position that it covers.',
  }),
  post: defineRoute({
    service: 'chat',
    resource: 'messages',
    verb: 'post',
    method: 'POST',
    path: '/sessions/:sessionId/messages',
    status: 202,
    params: sessionParams,
    body: z.object({
      message: text,
      parentMessageId: idSchema.optional(),
      mode: z.enum(MESSAGE_MODES).default('queue'),
    }),
    data: accepted,
    description:
      `Sends a message of at most ${MESSAGE_MAX_CHARACTERS} characters. It is in the database and in the log ` +
      'before this answers. While a run is active it waits (queue), joins the run (steer) or replaces it (interrupt). ' +
      'The same `Idempotency-Key` gets the same answer.',
  }),
  start: defineRoute({
    service: 'chat',
    resource: 'messages',
    verb: 'start',
    method: 'POST',
    path: '/chat/start',
    status: 202,
    body: z.object({ agentId: idSchema.optional(), message: text }),
    data: accepted.extend({ sessionId: idSchema }),
    description: 'Begins a session with its first message.',
  }),
};
