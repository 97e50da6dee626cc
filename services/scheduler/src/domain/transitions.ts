import { RECONNECT_GRACE_MS } from './decide.ts';
import { type Connection, type Instance, isConnected, type Patch, withoutConnection } from './instance.ts';

/**
 * What the books say after something was seen, as a change to the instance; null where it says nothing about the
 * runtime that counts: an older connection, an older process.
 */

/** A driver that another scheduler has not heard back from after this long has gone down with it. */
export const SPAWN_MAX_MS = 3_000;
const ENDED_EARLY = 'the runtime ended before it was ready';

/** The connection ended. The runtime has so long to come back by itself. */
export function connectionClosed(
  instance: Instance,
  connection: Connection,
  now: Date,
  graceMs: number = RECONNECT_GRACE_MS,
): Patch | null {
  if (instance.serverId !== connection.serverId || instance.connectionId !== connection.connectionId)
    return null;
  // Nobody waits for one that sleeps; the server gives up on a connection that answers no ping.
  if (instance.status === 'frozen') return withoutConnection();
  return {
    ...offTheBus(instance, now),
    reconnectUntil: new Date(now.getTime() + graceMs),
  };
}

/** Nothing was heard from it for as long as a heartbeat is good: it hangs, or the way to it is cut. */
export function wentSilent(instance: Instance, now: Date): Patch | null {
  return isConnected(instance) ? { ...offTheBus(instance, now), reconnectUntil: null } : null;
}

/** The driver saw the process end. */
export function processEnded(instance: Instance, vmId: string, how: string, now: Date): Patch | null {
  if (instance.vmId !== vmId) return null;
  // What nobody needs is not brought back: waking it finds it gone.
  if (instance.status === 'frozen')
    return {
      ...withoutConnection(),
      vmId: null,
      bootstrapLastError: `the runtime ended in its sleep: ${how}`,
    };
  const wasReady = instance.bootId !== null;
  return {
    ...offTheBus(instance, now),
    // One that never was ready has no time to come back: the cooldown runs since its bootstrap.
    disconnectedAt: wasReady ? (instance.disconnectedAt ?? now) : null,
    vmId: null,
    bootstrapLastError: wasReady ? `the runtime ended: ${how}` : `${ENDED_EARLY}: ${how}`,
  };
}

function offTheBus(instance: Instance, now: Date): Patch {
  return {
    ...withoutConnection(),
    // One that was never ready is on its way again; nobody waits for what it was doing.
    status: instance.bootId ? 'disconnected' : 'provisioning',
    disconnectedAt: instance.disconnectedAt ?? now,
  };
}

/**
 * What the driver sees running, for an instance that is not settled: the id of the process, or null, and how the one
 * that was running has ended as far as that can be told.
 */
export function processSeen(
  instance: Instance,
  vmId: string | null,
  now: Date,
  how = 'found gone',
): Patch | null {
  if (instance.status === 'starting') {
    const late = now.getTime() - (instance.lastBootstrapAt?.getTime() ?? 0) >= SPAWN_MAX_MS;
    if (!late) return null;
    if (vmId) return { status: 'provisioning', vmId };
    // Nothing was started, so there is no cooldown to keep.
    return {
      status: 'provisioning',
      lastBootstrapAt: null,
      bootstrapLastError: 'the bootstrap was interrupted',
    };
  }
  if (instance.vmId === null) return vmId === null ? null : { vmId };
  return vmId === null ? processEnded(instance, instance.vmId, how, now) : null;
}

/** It says that it follows its orders. A string tells why that does not count. */
export function saidReady(
  instance: Instance,
  fact: { instanceId: string; bootId: string },
  now: Date,
): Patch | string {
  if (instance.id !== fact.instanceId) return 'another instance';
  if (instance.bootId === null ? instance.previousBootId === fact.bootId : instance.bootId !== fact.bootId)
    return 'another process';
  if (!isConnected(instance)) return 'it is off the bus';
  // Said before it fell asleep, or on a waking that nobody asked for.
  if (instance.status === 'frozen') return 'it is frozen';
  const again = instance.bootId === fact.bootId;
  return {
    status: 'ready',
    bootId: fact.bootId,
    bootstrapAttempts: 0,
    bootstrapLastError: null,
    readyAt: again ? instance.readyAt : now,
    lastHeartbeatAt: now,
    disconnectedAt: null,
    reconnectUntil: null,
  };
}

/** Why a runtime is not put to sleep now, or null where it may be. */
export function whyAwake(
  instance: Instance,
  heard: { instanceId: string; bootId: string },
  idleForMs: number,
  now: Date,
): string | null {
  if (instance.id !== heard.instanceId || instance.bootId !== heard.bootId) return 'another process';
  if (instance.status !== 'ready' || !isConnected(instance)) return `it is ${instance.status}`;
  // Whoever asked for it a moment ago is about to give it a run.
  if (now.getTime() - (instance.neededAt?.getTime() ?? 0) < idleForMs) return 'it was asked for';
  return null;
}

/** The driver has put it to sleep. */
export const frozen = (now: Date): Patch => ({ status: 'frozen', frozenAt: now });

/** The driver has woken it. One that kept its connection is ready at once; one that lost it comes back by itself. */
export function thawed(instance: Instance, now: Date): Patch {
  const awake: Patch = { frozenAt: null, neededAt: now };
  if (isConnected(instance)) return { ...awake, status: 'ready', lastHeartbeatAt: now };
  const reconnectUntil = new Date(now.getTime() + RECONNECT_GRACE_MS);
  return { ...awake, status: 'disconnected', disconnectedAt: now, reconnectUntil };
}

/** It may come back whenever its user likes, and is ready anew then. */
export const lost = (): Patch => ({
  status: 'provisioning',
  bootId: null,
  readyAt: null,
  disconnectedAt: null,
  reconnectUntil: null,
});

/** The end of an instance: nobody comes back under it. */
export const over = (now: Date): Patch => ({
  ...withoutConnection(),
  ticketHashes: [],
  bootId: null,
  nkey: null,
  endedAt: now,
});

/** A new bootstrap: whoever came before is not let in again. */
export function bootstrapped(
  instance: Instance,
  ticket: { hash: string; keepOlder: boolean },
  quickCrashes: number,
  now: Date,
): Patch {
  return {
    ...withoutConnection(),
    status: 'starting',
    vmId: null,
    bootstrapAttempts: instance.bootstrapAttempts + 1,
    bootstraps: instance.bootstraps + 1,
    lastBootstrapAt: now,
    quickCrashes,
    ticketHashes: ticket.keepOlder ? [...instance.ticketHashes, ticket.hash] : [ticket.hash],
    usedTicketHash: null,
    nkey: null,
    bootId: null,
    previousBootId: instance.bootId ?? instance.previousBootId,
    readyAt: null,
    disconnectedAt: null,
    reconnectUntil: null,
    frozenAt: null,
  };
}
