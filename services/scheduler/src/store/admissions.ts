import { type Kysely, sql } from 'kysely';
import { RETURN_WITHIN_MS } from '../domain/decide.ts';
import type { Connection, Instance } from '../domain/instance.ts';
import type { Tables } from './database.ts';
import { OVER } from './instances.ts';

/** Who stands at the door, with all that it proved. */
export interface Claim {
  userId: string;
  orgId: string;
  instanceId: string;
  /** Until when its token is good. */
  tokenExpiresAt: Date;
  ticketHash: string;
  nkey: string;
  connection: Connection;
}

/**
 * Uses the ticket up: binds its instance to this nkey and voids every other ticket, in one statement, so that of two
 * who hold it one is let in. False where there is no such ticket, or the token's time is over.
 */
export async function useTicket(db: Kysely<Tables>, claim: Claim): Promise<boolean> {
  if (claim.tokenExpiresAt <= new Date()) return false;
  const { numUpdatedRows } = await db
    .updateTable('userVmInstances')
    .set({
      ticketHashes: [],
      usedTicketHash: claim.ticketHash,
      nkey: claim.nkey,
      ...onTheBus(claim.connection),
    })
    .where('id', '=', claim.instanceId)
    .where('userId', '=', claim.userId)
    .where('orgId', '=', claim.orgId)
    .where('status', 'not in', OVER)
    .where('nkey', 'is', null)
    .where((eb) => eb(eb.val(claim.ticketHash), '=', eb.fn.any('ticketHashes')))
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/**
 * Takes a connection of the process that used the current bootstrap's ticket. False for anybody else, and where its
 * token is over. A token counts as good as long as it was when the process was last heard of: who is on the bus has it
 * renewed, and who is off it, because the bus is away or the process was asleep, cannot. That ends after
 * RETURN_WITHIN_MS.
 */
export async function takeReturn(db: Kysely<Tables>, claim: Claim): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('userVmInstances')
    .set(onTheBus(claim.connection))
    .where('id', '=', claim.instanceId)
    .where('userId', '=', claim.userId)
    .where('orgId', '=', claim.orgId)
    .where('status', 'not in', OVER)
    .where('nkey', '=', claim.nkey)
    .where('usedTicketHash', '=', claim.ticketHash)
    .where(goodWhenLastHeardOf(claim.tokenExpiresAt))
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

function goodWhenLastHeardOf(tokenExpiresAt: Date) {
  const now = Date.now();
  const heard = sql<Date>`greatest(last_bootstrap_at, connected_at, ready_at, last_heartbeat_at)`;
  return tokenExpiresAt.getTime() > now
    ? sql<boolean>`true`
    : sql<boolean>`${heard} <= ${tokenExpiresAt} AND ${heard} > ${new Date(now - RETURN_WITHIN_MS)}`;
}

const onTheBus = (connection: Connection) => ({
  ...connection,
  connectedAt: new Date(),
  status: 'running' as const,
  disconnectedAt: null,
  reconnectUntil: null,
  frozenAt: null,
});

/** Why a claim was turned away, for the log. */
export async function whyRefused(db: Kysely<Tables>, claim: Claim): Promise<string> {
  const instance: Instance | undefined = await db
    .selectFrom('userVmInstances')
    .selectAll()
    .where('id', '=', claim.instanceId)
    .executeTakeFirst();
  if (!instance || instance.userId !== claim.userId || instance.orgId !== claim.orgId)
    return 'no such instance';
  if (OVER.some((status) => status === instance.status)) return `the instance is ${instance.status}`;
  if (instance.usedTicketHash === claim.ticketHash && instance.nkey === claim.nkey)
    return 'the token had expired when the runtime was last heard of';
  if (instance.usedTicketHash === claim.ticketHash) return 'the ticket was used by another key';
  if (instance.ticketHashes.includes(claim.ticketHash)) return 'the token has expired';
  return 'the ticket is not of the current bootstrap';
}
