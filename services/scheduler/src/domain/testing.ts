import type { Instance, Patch } from './instance.ts';

/** An instance for tests: bootstrapped once at `at`, on its way, never seen. */
export function anInstance(at: Date, patch: Patch = {}): Instance {
  return {
    id: '11111111-1111-4111-8111-111111111111',
    userId: '22222222-2222-4222-8222-222222222222',
    orgId: '33333333-3333-4333-8333-333333333333',
    mode: 'process',
    status: 'provisioning',
    vmId: '4711',
    bootstrapAttempts: 1,
    bootstraps: 1,
    lastBootstrapAt: at,
    bootstrapLastError: null,
    quickCrashes: 0,
    ticketHashes: ['hash-1'],
    usedTicketHash: null,
    nkey: null,
    serverId: null,
    connectionId: null,
    connectedAt: null,
    bootId: null,
    previousBootId: null,
    readyAt: null,
    lastHeartbeatAt: null,
    disconnectedAt: null,
    reconnectUntil: null,
    neededAt: null,
    frozenAt: null,
    endedAt: null,
    createdAt: at,
    ...patch,
  };
}
