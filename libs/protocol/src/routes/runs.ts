import { z } from 'zod';
import { defineRoute } from '../define-route.ts';
import { idSchema } from '../ids.ts';

export const RUN_STATUSES = ['queued', 'running', 'completed', 'cancelled', 'failed'] as const;

export const runSchema = z.object({
  id: idSchema,
  sessionId: idSchema,
  status: z.enum(RUN_STATUSES),
  /** The saved answer. */
  messageId: idSchema.nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  createdAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
});
export type Run = z.infer<typeof runSchema>;

const params = z.object({ runId: idSchema });

export const runRoutes = {
  get: defineRoute({
    service: 'chat',
    resource: 'runs',
    verb: 'get',
    method: 'GET',
    path: '/runs/:runId',
    params,
    data: runSchema,
    description: 'One run.',
  }),
  cancel: defineRoute({
    service: 'chat',
    resource: 'runs',
    verb: 'cancel',
    method: 'POST',
    path: '/runs/:runId/cancel',
    status: 202,
    params,
    data: runSchema,
    description:
      'Stops a run. What it has written is kept. Stopping it again, or after its end, changes nothing.',
  }),
};
