import type { Bus } from '@semibot/bus';
import { limits, vmHeartbeatMessage, vmReadyMessage } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import { graceAfterOutage } from '../domain/decide.ts';
import { type Connection, connectionOf, type Instance } from '../domain/instance.ts';
import { connectionClosed, saidReady, wentSilent } from '../domain/transitions.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { Database } from '../store/database.ts';
import { newestInstance, noteHeartbeat } from '../store/instances.ts';
import type { Connections } from './connections.ts';
import { readKeptFact } from './kept-facts.ts';

/** The server's patience at the door is 3 s: before that, a connection in the books may not be there yet. */
export const ADMISSION_MAX_MS = 5_000;
/** A `ready` fact may be this much older than the connection on which it was said, by another clock. */
const CLOCK_SKEW_MS = 2_000;

/** What is heard of runtimes, brought before the books. Each may be told twice, late or by several schedulers. */
export interface Reports {
  /** It follows its orders. */
  ready(userId: string, fact: { instanceId: string; bootId: string }): Promise<void>;
  /** A connection has ended. */
  closed(userId: string, connection: Connection): Promise<void>;
  /** The books have heard nothing of it for as long as a heartbeat is good. */
  silent(userId: string): Promise<void>;
  /** It is on the bus by the books and has not said that it is ready: is it there, and had it said so? */
  unready(userId: string): Promise<void>;
  /**
   * These are all the connections that there are; the books were read before them. Tells how many were too fresh to
   * judge, as the server may not have let them in yet.
   */
  counted(instances: Instance[], live: Connection[]): Promise<number>;
}

interface ReportsOptions {
  db: Database;
  app: Bus;
  connections: Connections;
  lifecycle: Lifecycle;
  logger: Logger;
}

export function createReports({ db, app, connections, lifecycle, logger }: ReportsOptions): Reports {
  async function ready(userId: string, fact: { instanceId: string; bootId: string }): Promise<void> {
    let refusal = '';
    const outcome = await lifecycle.see(
      userId,
      (instance, now) => {
        const patch = saidReady(instance, fact, now);
        refusal = typeof patch === 'string' ? patch : '';
        return typeof patch === 'string' ? null : patch;
      },
      'it is ready',
    );
    const { instanceId, bootId } = fact;
    if (!outcome) {
      logger.warn({ userId, instanceId, bootId, reason: refusal || 'no such instance' }, 'ready not counted');
      return;
    }
    logger.info({ userId, instanceId, bootId }, 'runtime is ready');
    const current = connectionOf(outcome.instance);
    if (!current) return;
    const kicked = await connections.kickOthers(userId, current);
    if (kicked > 0) logger.warn({ userId, kicked }, 'older connections of the runtime closed');
  }

  async function closed(userId: string, connection: Connection, graceMs?: number): Promise<void> {
    const outcome = await lifecycle.see(
      userId,
      (instance, now) => connectionClosed(instance, connection, now, graceMs),
      'its connection ended',
    );
    if (outcome) logger.warn({ userId, ...connection }, 'runtime is off the bus');
  }

  /** Nobody saw it end: the bus was away, or the schedulers were. */
  const foundClosed = (instance: Instance, connection: Connection): Promise<void> =>
    closed(instance.userId, connection, graceAfterOutage(silenceOf(instance)));

  async function silent(userId: string): Promise<void> {
    const instance = await newestInstance(db, userId);
    const connection = instance && connectionOf(instance);
    if (!instance || !connection || silenceOf(instance) < limits.VM_HEARTBEAT_TTL_MS) return;
    // The books may have missed it; the bus keeps it as long as it is good.
    const heartbeat = await readKeptFact(app, vmHeartbeatMessage, userId);
    if (heartbeat && heartbeat.bootId === instance.bootId)
      return noteHeartbeat(db, { ...heartbeat, at: new Date() }, 0);
    if (!(await connections.has(connection))) return foundClosed(instance, connection);
    const outcome = await lifecycle.see(
      userId,
      (now) => (sameConnection(now, connection) ? wentSilent(now, new Date()) : null),
      'its heartbeat ran out',
    );
    if (outcome) logger.warn({ userId, ...connection }, 'runtime is silent');
  }

  async function unready(userId: string): Promise<void> {
    const instance = await newestInstance(db, userId);
    const connection = instance && connectionOf(instance);
    if (!instance || !connection || instance.status !== 'running') return;
    const said = await readKeptFact(app, vmReadyMessage, userId);
    const since = (instance.connectedAt?.getTime() ?? 0) - CLOCK_SKEW_MS;
    if (said && said.instanceId === instance.id && Date.parse(said.time) >= since) await ready(userId, said);
    else if (!isFresh(instance) && !(await connections.has(connection)))
      await foundClosed(instance, connection);
  }

  async function counted(instances: Instance[], live: Connection[]): Promise<number> {
    const there = new Set(live.map(({ serverId, connectionId }) => `${serverId}/${connectionId}`));
    let fresh = 0;
    for (const instance of instances) {
      const connection = connectionOf(instance);
      if (!connection || there.has(`${connection.serverId}/${connection.connectionId}`)) continue;
      if (isFresh(instance)) fresh += 1;
      else await foundClosed(instance, connection);
    }
    return fresh;
  }

  return { ready, closed, silent, unready, counted };
}

const isFresh = (instance: Instance): boolean =>
  Date.now() - (instance.connectedAt?.getTime() ?? 0) < ADMISSION_MAX_MS;

const sameConnection = (instance: Instance, { serverId, connectionId }: Connection): boolean =>
  instance.serverId === serverId && instance.connectionId === connectionId;

/** How long the books have heard nothing of it, in milliseconds. */
function silenceOf(instance: Instance): number {
  const heard = [instance.connectedAt, instance.readyAt, instance.lastHeartbeatAt];
  return Date.now() - Math.max(...heard.map((date) => date?.getTime() ?? 0));
}
