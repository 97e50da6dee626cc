import { z } from 'zod';
import { defineRoute, pageMetaSchema, pageQuerySchema } from '../define-route.ts';
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
  /** What the user must do, where the runtime runs on a machine of their own; after a rebootstrap with its ticket. */
  instructions: z.string().nullable(),
});

const instanceStatusSchema = z.enum(VM_STATUSES).exclude(['missing']);

/** An instance as those see it who look after runtimes. */
export const vmInstanceSchema = z.object({
  id: idSchema,
  userId: idSchema,
  orgId: idSchema,
  status: instanceStatusSchema,
  mode: z.string(),
  /** What the driver calls it. */
  vmId: z.string().nullable(),
  attempts: z.int().nonnegative(),
  lastBootstrapAt: z.iso.datetime().nullable(),
  lastHeartbeatAt: z.iso.datetime().nullable(),
  lastError: z.string().nullable(),
  createdAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
});
export type VmInstance = z.infer<typeof vmInstanceSchema>;

const vmListQuerySchema = pageQuerySchema.extend({ status: instanceStatusSchema.optional() });

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
  list: defineRoute({
    ...vm,
    verb: 'list',
    method: 'GET',
    path: '/vms',
    query: vmListQuerySchema,
    data: z.array(vmInstanceSchema),
    meta: pageMetaSchema,
    description: "The organization's runtimes, newest first, those that are over too. For owners and admins.",
  }),
  stop: defineRoute({
    ...vm,
    verb: 'stop',
    method: 'POST',
    path: '/vms/:id/stop',
    params: z.object({ id: idSchema }),
    data: vmInstanceSchema,
    description:
      "Ends a runtime of the organization's; the user's next message begins a new one. For owners and admins.",
  }),
};

const operators = { service: 'scheduler', resource: 'operator', path: '' } as const;
const ofUser = z.object({ userId: idSchema });

/** What operators do from the command line, for every organization. No HTTP route: the bus lets nobody else ask. */
export const vmOperatorRoutes = {
  list: defineRoute({
    ...operators,
    verb: 'list',
    method: 'GET',
    query: vmListQuerySchema,
    data: z.array(vmInstanceSchema),
    meta: pageMetaSchema,
    description: 'All runtimes, newest first, those that are over too.',
  }),
  status: defineRoute({
    ...operators,
    verb: 'status',
    method: 'GET',
    query: ofUser,
    data: vmStatusSchema,
    description: "A user's runtime: its state, why, and when to look again.",
  }),
  stop: defineRoute({
    ...operators,
    verb: 'stop',
    method: 'POST',
    body: ofUser,
    data: vmInstanceSchema,
    description: "Ends a user's runtime; their next message begins a new one.",
  }),
  rebootstrap: defineRoute({
    ...operators,
    verb: 'rebootstrap',
    method: 'POST',
    body: ofUser.extend({ orgId: idSchema }),
    data: vmStatusSchema,
    description: "Starts a user's runtime anew, past cooldown and attempt cap.",
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
