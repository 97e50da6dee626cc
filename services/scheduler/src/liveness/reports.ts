import type { Bus } from '@semibot/bus';
import { limits, vmHeartbeatMessage, vmReadyMessage } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import { graceAfterOutage } from '../domain/decide.ts';
import { type Connection, connectionOf, type Instance } from '../domain/instance.ts';
import { connectionClosed, saidReady, wentSilent } from '../domain/transitions.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { Database } from '../store/database.ts';
import { newestInstance } from '../store/instances.ts';
import type { Connections } from './connections.ts';
import { readKeptFact } from './kept-facts.ts';

/** The server's patience at the door is 3 s: before that, a connection in the books may not be there yet. */
const ADMISSION_MAX_MS = 5_000;
/** The books may be this much behind the heartbeat that ran out: the end of an earlier one says nothing. */
const SILENCE_MIN_MS = limits.VM_HEARTBEAT_TTL_MS - limits.VM_HEARTBEAT_INTERVAL_MS / 2;
/** A `ready` fact may be this much older than the connection on which it was said, by another clock. */
const CLOCK_SKEW_MS = 2_000;

/** What is heard of runtimes, brought before the books. Each may be told twice, late or by several schedulers. */
export interface Reports {
  /** It follows its orders. */
  ready(userId: string, fact: { instanceId: string; bootId: string }): Promise<void>;
  /** A connection has ended. */
  closed(userId: string, connection: Connection): Promise<void>;
  /** Its heartbeat may have run out. */
  silent(userId: string): Promise<void>;
  /** It is on the bus by the books and has not said that it is ready: is it there, and had it said so? */
  unready(userId: string): Promise<void>;
  /** These are all the connections that there are; the books were read before them. */
  counted(instances: Instance[], live: Connection[]): Promise<void>;
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
    if (!instance || !connection || silenceOf(instance) < SILENCE_MIN_MS) return;
    const heartbeat = await readKeptFact(app, vmHeartbeatMessage, userId);
    if (heartbeat && heartbeat.bootId === instance.bootId) return;
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

  async function counted(instances: Instance[], live: Connection[]): Promise<void> {
    const there = new Set(live.map(({ serverId, connectionId }) => `${serverId}/${connectionId}`));
    for (const instance of instances) {
      const connection = connectionOf(instance);
      if (!connection || isFresh(instance)) continue;
      if (!there.has(`${connection.serverId}/${connection.connectionId}`))
        await foundClosed(instance, connection);
      else if (instance.status === 'ready') await silent(instance.userId);
    }
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
