import type { Msg } from '@nats-io/transport-node';
import type { Bus } from '@semibot/bus';
import { idSchema, limits } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import { z } from 'zod';
import { RUNTIME_ACCOUNT } from '../accounts.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { Database } from '../store/database.ts';
import { noteHeartbeat } from '../store/instances.ts';
import { persistently } from '../store/persistently.ts';
import { followFacts } from './follow-facts.ts';
import type { Reports } from './reports.ts';

const DISCONNECTED = `$SYS.ACCOUNT.${RUNTIME_ACCOUNT}.DISCONNECT`;

const disconnectSchema = z.object({
  server: z.object({ id: z.string() }),
  client: z.object({ id: z.int(), user: idSchema }),
});

interface FollowOptions {
  app: Bus;
  sys: Bus;
  db: Database;
  reports: Reports;
  lifecycle: Lifecycle;
  /** A runtime that has had no run for so long is put to sleep, in milliseconds. */
  idleForMs: number;
  logger: Logger;
  signal: AbortSignal;
}

/** Hears what the bus tells of runtimes as it happens. What is missed is found by the watch. */
export async function followBus(options: FollowOptions) {
  const { app, sys, db, reports, lifecycle, idleForMs, logger, signal } = options;
  const keep = (what: string, work: () => Promise<unknown>): void =>
    void persistently(what, work, { signal, logger });

  const disconnects = sys.nc.subscribe(DISCONNECTED, {
    callback: (failed, message) => {
      if (failed) return;
      const event = disconnectSchema.safeParse(jsonOf(message));
      if (!event.success) {
        logger.warn({ subject: message.subject }, 'disconnect event that cannot be read, passed over');
        return;
      }
      const { server, client } = event.data;
      const connection = { serverId: server.id, connectionId: String(client.id) };
      keep('noting a disconnect', () => reports.closed(client.user, connection));
    },
  });
  const facts = await followFacts(app, {
    ready: (userId, fact) => keep('noting a ready runtime', () => reports.ready(userId, fact)),
    heartbeat(userId, { instanceId, bootId, activeRuns, idleMs }) {
      const heard = { instanceId, bootId, at: new Date() };
      // Not made up for while the database is away: the next one comes soon.
      noteHeartbeat(db, heard, limits.VM_HEARTBEAT_INTERVAL_MS / 2).catch((error: unknown) =>
        logger.debug({ err: error }, 'heartbeat not noted'),
      );
      if (activeRuns > 0 || idleMs < idleForMs) return;
      lifecycle
        .rest(userId, heard)
        .catch((error: unknown) => logger.warn({ err: error, userId }, 'runtime not put to sleep'));
    },
  });
  await sys.nc.flush();
  return {
    close: () => {
      disconnects.unsubscribe();
      facts.close();
    },
  };
}

function jsonOf(message: Msg): unknown {
  try {
    return message.json();
  } catch {
    return null;
  }
}
