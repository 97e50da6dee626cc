import type { ensureVm, VmInstance, vmStatusSchema } from '@semibot/protocol';
import type { z } from 'zod';
import type { Decision, Policy } from '../domain/decide.ts';
import type { DriverMode, Instance } from '../domain/instance.ts';
import type { Outcome } from '../lifecycle/lifecycle.ts';

/** When it is worth while to look again. */
function retryAfterMs(decision: Decision, policy: Policy): number {
  if (decision.type === 'ready' || decision.type === 'rest') return 0;
  return decision.type === 'wait' ? Math.ceil(decision.retryAfterMs) : policy.provisioningCooldownMs;
}

/** The answer to chat. */
export function ensuredVm({ instance, decision }: Outcome, policy: Policy): z.input<typeof ensureVm.data> {
  const ready = decision.type === 'ready';
  return {
    ready,
    status: instance.status,
    instanceId: instance.id,
    bootId: ready ? instance.bootId : null,
    retryAfterMs: retryAfterMs(decision, policy),
  };
}

/** What a person is told of their runtime. */
export function vmStatus(
  { instance, decision }: { instance: Instance | null; decision: Decision },
  mode: DriverMode,
  policy: Policy,
  instructions: string | null = null,
): z.input<typeof vmStatusSchema> {
  return {
    instanceId: instance?.id ?? null,
    status: instance?.status ?? 'missing',
    mode: instance?.mode ?? mode,
    attempts: instance?.bootstrapAttempts ?? 0,
    lastBootstrapAt: instance?.lastBootstrapAt?.toISOString() ?? null,
    lastError: instance?.bootstrapLastError ?? null,
    // Where there is none, or it is over, the next message brings a new one at once.
    retryAfterMs: decision.type === 'create' ? 0 : retryAfterMs(decision, policy),
    instructions,
  };
}

/** What those are told who look after runtimes. */
export function vmInstance(instance: Instance): VmInstance {
  const { id, userId, orgId, status, mode, vmId } = instance;
  return {
    id,
    userId,
    orgId,
    status,
    mode,
    vmId,
    attempts: instance.bootstrapAttempts,
    lastBootstrapAt: instance.lastBootstrapAt?.toISOString() ?? null,
    lastHeartbeatAt: instance.lastHeartbeatAt?.toISOString() ?? null,
    lastError: instance.bootstrapLastError,
    createdAt: instance.createdAt.toISOString(),
    endedAt: instance.endedAt?.toISOString() ?? null,
  };
}
