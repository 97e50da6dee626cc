import { z } from 'zod';
import { defineRoute } from '../define-route.ts';
import { idSchema, tokenSchema } from '../ids.ts';

export const VM_STATUSES = [
  'missing',
  'starting',
  'provisioning',
  'running',
  'ready',
  'disconnected',
  'frozen',
  'failed',
  'terminated',
] as const;

export const vmStatusSchema = z.object({
  instanceId: idSchema.nullable(),
  status: z.enum(VM_STATUSES),
  mode: z.string(),
  attempts: z.int().nonnegative(),
  lastBootstrapAt: z.iso.datetime().nullable(),
  lastError: z.string().nullable(),
  retryAfterMs: z.int().nonnegative(),
});

const vm = { service: 'scheduler', resource: 'vm' } as const;

export const vmRoutes = {
  status: defineRoute({
    ...vm,
    verb: 'status',
    method: 'GET',
    path: '/vm/status',
    data: vmStatusSchema,
    description: "The user's runtime: its state, why, and when to look again.",
  }),
  rebootstrap: defineRoute({
    ...vm,
    verb: 'rebootstrap',
    method: 'POST',
    path: '/vm/rebootstrap',
    status: 202,
    data: vmStatusSchema,
    description: "Starts the user's runtime anew, past cooldown and attempt cap.",
  }),
};

/** Chat's question to the scheduler before a run: is there a runtime, and if not, when. No HTTP route. */
export const ensureVm = defineRoute({
  ...vm,
  verb: 'ensure',
  method: 'POST',
  path: '',
  body: z.object({ userId: idSchema, orgId: idSchema }),
  data: z.object({
    ready: z.boolean(),
    status: z.enum(VM_STATUSES),
    instanceId: idSchema,
    /** The process that is ready; null while none is. */
    bootId: tokenSchema.nullable(),
    retryAfterMs: z.int().nonnegative(),
  }),
  description: "Brings the user's runtime up where it is not, and says how far it is.",
});
