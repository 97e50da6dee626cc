import type { Msg } from '@nats-io/transport-node';
import { type Bus, deadLetter, followSubject } from '@semibot/bus';
import { idSchema, limits, SemibotError, vmHeartbeatMessage, vmReadyMessage } from '@semibot/protocol';
import { type Logger, runInContext } from '@semibot/service';
import { z } from 'zod';
import { RUNTIME_ACCOUNT } from '../runtime-account.ts';
import type { Database } from '../store/database.ts';
import { noteHeartbeat } from '../store/instances.ts';
import { persistently } from '../store/persistently.ts';
import type { Reports } from './reports.ts';

const DISCONNECTED = `$SYS.ACCOUNT.${RUNTIME_ACCOUNT}.DISCONNECT`;
/** On the mark that the server leaves where a key's time ran out. */
const MARKER_REASON = 'Nats-Marker-Reason';

const disconnectSchema = z.object({
  server: z.object({ id: z.string() }),
  client: z.object({ id: z.int(), user: z.string().optional() }),
  reason: z.string().optional(),
});

interface FollowOptions {
  app: Bus;
  sys: Bus;
  db: Database;
  reports: Reports;
  logger: Logger;
  signal: AbortSignal;
}

/** Hears what the bus tells of runtimes as it happens. What is missed is found by the watch. */
export async function followBus({ app, sys, db, reports, logger, signal }: FollowOptions) {
  const keep = (what: string, work: () => Promise<unknown>): void =>
    void persistently(what, work, { signal, logger });

  const disconnects = sys.nc.subscribe(DISCONNECTED, {
    callback: (failed, message) => {
      if (failed) return;
      const event = disconnectSchema.safeParse(jsonOf(message));
      const user = idSchema.safeParse(event.data?.client.user);
      if (!event.success || !user.success) {
        logger.warn({ subject: message.subject }, 'disconnect event that cannot be read, passed over');
        return;
      }
      const { server, client, reason } = event.data;
      logger.debug({ userId: user.data, connectionId: client.id, reason }, 'connection ended');
      const connection = { serverId: server.id, connectionId: String(client.id) };
      keep('noting a disconnect', () => reports.closed(user.data, connection));
    },
  });

  const readies = followSubject(
    app,
    vmReadyMessage,
    {},
    (fact, { parameters: { user }, trace }) =>
      runInContext({ ...trace, userId: user }, () =>
        keep('noting a ready runtime', () => reports.ready(user, fact)),
      ),
    (error, subject, sequence) => putAside(error, subject, sequence),
  );

  const heartbeats = app.nc.subscribe(vmHeartbeatMessage.filter(), {
    callback: (failed, message) => {
      const user = vmHeartbeatMessage.parse(message.subject)?.user;
      // Without JetStream's headers it was never kept.
      if (failed || !user || !message.headers?.has('Nats-Sequence')) return;
      if (message.headers.has(MARKER_REASON)) keep('noting a silence', () => reports.silent(user));
      else onHeartbeat(message);
    },
  });

  function onHeartbeat(message: Msg): void {
    let heartbeat: z.output<typeof vmHeartbeatMessage.schema>;
    try {
      heartbeat = vmHeartbeatMessage.decode(message.data);
    } catch (error) {
      putAside(SemibotError.from(error), message.subject, Number(message.headers?.get('Nats-Sequence')));
      return;
    }
    const { instanceId, bootId } = heartbeat;
    // Not made up for when the database is away: the next one comes soon.
    noteHeartbeat(db, { instanceId, bootId, at: new Date() }, limits.VM_HEARTBEAT_INTERVAL_MS / 2).catch(
      (error: unknown) => logger.debug({ err: error }, 'heartbeat not noted'),
    );
  }

  function putAside(error: SemibotError, subject: string, sequence: number): void {
    const letter = { stream: 'KV_vms', subject, sequence, reason: error.message, data: new Uint8Array() };
    deadLetter(app, letter).catch((failure: unknown) => logger.warn({ err: failure }, 'dead letter lost'));
  }

  await Promise.all([sys.nc.flush(), readies.ready]);
  return {
    close: () => {
      disconnects.unsubscribe();
      readies.close();
      heartbeats.unsubscribe();
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
