import type { Bus } from '@semibot/bus';
import { limits } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import pLimit from 'p-limit';
import { graceAfterOutage } from '../domain/decide.ts';
import type { FactTeller } from '../lifecycle/fact-teller.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { forgetOldRefusals } from '../store/audit.ts';
import { type Database, isDatabaseAway } from '../store/database.ts';
import { connectedInstances, silentUsers, unsettledUsers } from '../store/instances.ts';
import { persistently } from '../store/persistently.ts';
import type { Connections } from './connections.ts';
import { ADMISSION_MAX_MS, type Reports } from './reports.ts';

/** How often instances that are not settled, or silent, are looked after. */
const SWEEP_INTERVAL_MS = 1_000;
/** How often the books are compared with the servers, for what was missed without anyone noticing. */
const COUNT_INTERVAL_MS = 30_000;
const AT_ONCE = 4;

interface WatchOptions {
  db: Database;
  app: Bus;
  sys: Bus;
  connections: Connections;
  reports: Reports;
  lifecycle: Lifecycle;
  factTeller: FactTeller;
  logger: Logger;
  signal: AbortSignal;
}

/** How long living runtimes may be on their way back, because the bus was away. */
export interface BusGrace {
  until(): number;
}

/** Outages that this scheduler sees; of earlier ones the books tell, by when they last heard of each runtime. */
export function watchBusGrace(sys: Bus): BusGrace {
  let until = 0;
  let awaySince: number | null = null;
  sys.onDisconnect(() => {
    awaySince = Date.now();
  });
  sys.onReconnect(() => {
    const now = Date.now();
    until = Math.max(until, now + graceAfterOutage(now - (awaySince ?? now)));
    awaySince = null;
  });
  return { until: () => until };
}

/**
 * Compares the books with what is: at the start, after each reconnect of the bus and now and then all connections;
 * every second the instances that are not settled or silent. Nothing is looked at while the bus is away: then nobody can come.
 */
export function startWatch(options: WatchOptions) {
  const { db, app, sys, connections, reports, lifecycle, factTeller, logger, signal } = options;
  const limit = pLimit(AT_ONCE);
  let recount: NodeJS.Timeout | undefined;

  async function count(): Promise<void> {
    await forgetOldRefusals(db);
    // In this order: who connects in between is not in these books and is left alone.
    const instances = await connectedInstances(db);
    if (instances.length === 0) return;
    const fresh = await reports.counted(instances, await connections.list());
    clearTimeout(recount);
    if (fresh > 0) recount = setTimeout(() => void runCount(), ADMISSION_MAX_MS);
  }

  async function sweep(): Promise<void> {
    await factTeller.tell();
    await each(await silentUsers(db, limits.VM_HEARTBEAT_TTL_MS), reports.silent);
    await each(await unsettledUsers(db), async (userId) => {
      await reports.unready(userId);
      await lifecycle.drive(userId);
    });
  }

  /** What goes wrong with one user's runtime holds up nobody else's. */
  async function each(users: string[], work: (userId: string) => Promise<void>): Promise<void> {
    const one = async (userId: string): Promise<void> => {
      try {
        await work(userId);
      } catch (error) {
        if (isDatabaseAway(error)) throw error;
        logger.error({ err: error, userId }, 'a runtime could not be looked after');
      }
    };
    await Promise.all(users.map((userId) => limit(one, userId)));
  }

  /** One at a time; a round that falls due meanwhile is left out. */
  function whenDue(what: string, work: () => Promise<void>): () => Promise<void> {
    let busy = false;
    return async () => {
      if (busy || signal.aborted || !app.isConnected() || !sys.isConnected()) return;
      busy = true;
      await persistently(what, work, { signal, logger });
      busy = false;
    };
  }

  const runCount = whenDue('counting connections', count);
  const runSweep = whenDue('the sweep', sweep);
  const timers = [
    setInterval(() => void runSweep(), SWEEP_INTERVAL_MS),
    setInterval(() => void runCount(), COUNT_INTERVAL_MS),
  ];
  const stopListening = sys.onReconnect(() => void runCount());
  void runCount();
  return {
    close: () => {
      for (const timer of timers) clearInterval(timer);
      clearTimeout(recount);
      stopListening();
    },
  };
}
