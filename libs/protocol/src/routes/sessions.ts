import { z } from 'zod';
import { cursorSchema } from '../cursor.ts';
import { defineRoute, pageMetaSchema, pageQuerySchema } from '../define-route.ts';
import { idSchema } from '../ids.ts';
import { TITLE_MAX_CHARACTERS } from '../limits.ts';

export const sessionSchema = z.object({
  id: idSchema,
  agentId: idSchema,
  title: z.string(),
  status: z.enum(['active', 'paused', 'completed', 'failed']),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type Session = z.infer<typeof sessionSchema>;

export const sessionParams = z.object({ sessionId: idSchema });
const title = z.string().trim().min(1).max(TITLE_MAX_CHARACTERS);
const sessions = { service: 'chat', resource: 'sessions' } as const;

export const sessionRoutes = {
  list: defineRoute({
    ...sessions,
    verb: 'list',
    method: 'GET',
    path: '/sessions',
    query: pageQuerySchema.extend({
      agentId: idSchema.optional(),
      status: sessionSchema.shape.status.optional(),
      q: z.string().max(200).optional(),
    }),
    data: z.array(sessionSchema),
    meta: pageMetaSchema,
    description: "The user's sessions, newest first.",
  }),
  create: defineRoute({
    ...sessions,
    verb: 'create',
    method: 'POST',
    path: '/sessions',
    status: 201,
    body: z.object({ agentId: idSchema.optional(), title: title.optional() }),
    data: sessionSchema,
    description: 'Begins a session with an agent: the one named, or the one that comes with every install.',
  }),
  get: defineRoute({
    ...sessions,
    verb: 'get',
    method: 'GET',
    path: '/sessions/:sessionId',
    params: sessionParams,
    data: sessionSchema,
    description: 'One session.',
  }),
  rename: defineRoute({
    ...sessions,
    verb: 'rename',
    method: 'PATCH',
    path: '/sessions/:sessionId',
    params: sessionParams,
    body: z.object({ title }),
    data: sessionSchema,
    description: 'Gives a session another title.',
  }),
  remove: defineRoute({
    ...sessions,
    verb: 'remove',
    method: 'DELETE',
    path: '/sessions/:sessionId',
    params: sessionParams,
    description: 'Deletes a session; what runs in it is stopped.',
  }),
  events: defineRoute({
    service: 'relay',
    resource: 'sessions',
    verb: 'events',
    access: 'cookie',
    method: 'GET',
    path: '/sessions/:sessionId/events',
    params: sessionParams,
    query: z.object({
      after: z.string().max(64).optional(),
    }),
    description:
      "The session's log as server-sent events. `?after=<cursor>` or `Last-Event-ID` resumes right after it, " +
      '`?after=0` replays all that is kept, none begins where the history ends.',
  }),
};

/** What a relay must know before it lets a reader follow a session. It is asked over the bus and is no HTTP route. */
export const sessionPosition = defineRoute({
  ...sessions,
  verb: 'position',
  method: 'GET',
  path: '',
  params: sessionParams,
  data: z.object({
    /** Whose log it is. */
    userId: idSchema,
    /** The log position that the history covers. */
    cursor: cursorSchema,
  }),
  description: "Whether this user may follow the session, and from where: the history's end.",
});
