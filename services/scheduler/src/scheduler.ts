import { type Bus, connectBus, serveRoutes } from '@semibot/bus';
import { inboxPrefix } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import { sql } from 'kysely';
import { admit } from './auth/admit.ts';
import { serveCallout } from './auth/callout.ts';
import { currentIdentity } from './auth/current-identity.ts';
import { serveTokenRenewal } from './auth/renew-tokens.ts';
import type { Config } from './config.ts';
import type { Policy } from './domain/decide.ts';
import { processEnded } from './domain/transitions.ts';
import type { Driver } from './drivers/driver.ts';
import { createBooks } from './lifecycle/books.ts';
import { createFactTeller } from './lifecycle/fact-teller.ts';
import { createLauncher } from './lifecycle/launcher.ts';
import { createLifecycle, type Lifecycle } from './lifecycle/lifecycle.ts';
import { createConnections } from './liveness/connections.ts';
import { followBus } from './liveness/follow-bus.ts';
import { createReports } from './liveness/reports.ts';
import { startWatch, watchBusGrace } from './liveness/watch.ts';
import { vmRoutes } from './routes/vm-routes.ts';
import { recordRefusal } from './store/audit.ts';
import { openDatabase } from './store/database.ts';
import { persistently } from './store/persistently.ts';

/** A scheduler that runs. Any number of them may, on the same bus and database. */
export interface Scheduler extends AsyncDisposable {
  lifecycle: Lifecycle;
  /** Whether it can do its work: bus and database are there. */
  isReady(): Promise<boolean>;
  /** Stops; the runtimes live on. */
  close(): Promise<void>;
}

/** The callout is what runtimes wait for at the door after an outage of the bus, so it is the first to be back. */
const AUTH_RECONNECT_DELAYS_MS = [25, 50] as const;

export async function startScheduler(options: {
  config: Config;
  driver: Driver;
  logger: Logger;
}): Promise<Scheduler> {
  const { config, driver, logger } = options;
  const policy: Policy = {
    cooldownMs: config.VM_BOOTSTRAP_COOLDOWN_MS,
    provisioningCooldownMs: config.VM_PROVISIONING_RETRY_COOLDOWN_MS,
    maxAttempts: config.VM_BOOTSTRAP_MAX_ATTEMPTS,
    usersStart: driver.mode === 'external',
  };
  const stop = new AbortController();
  const { signal } = stop;
  const closing = new AsyncDisposableStack();
  const db = openDatabase(config.DATABASE_URL, logger);
  closing.defer(() => db.destroy());

  const connect = async (name: string, nkeySeed: string, reconnectDelaysMs?: readonly number[]) => {
    const bus = await connectBus({
      servers: config.NATS_URL,
      name,
      inboxPrefix: inboxPrefix('scheduler'),
      nkeySeed,
      logger,
      ...(reconnectDelaysMs && { reconnectDelaysMs }),
    });
    closing.defer(() => bus.close());
    return bus;
  };
  const [app, auth, sys]: [Bus, Bus, Bus] = await Promise.all([
    connect('scheduler', config.NATS_NKEY_SEED),
    connect('scheduler-auth', config.NATS_AUTH_NKEY_SEED, AUTH_RECONNECT_DELAYS_MS),
    connect('scheduler-sys', config.NATS_SYS_NKEY_SEED),
  ]);

  const connections = createConnections(sys);
  const factTeller = createFactTeller({ db, bus: app, logger, signal });
  const launcher = createLauncher({
    db,
    driver,
    jwtSecret: config.JWT_SECRET,
    logger,
    onEnded(userId, vmId, how) {
      logger.warn({ userId, vmId, how }, 'runtime process ended');
      const note = () =>
        lifecycle.see(userId, (instance, now) => processEnded(instance, vmId, how, now), 'its process ended');
      void persistently("noting a process's end", note, { signal, logger });
    },
  });
  closing.defer(() => launcher.close());
  const busGrace = watchBusGrace(sys);
  const lifecycle = createLifecycle({
    books: createBooks({
      db,
      driver,
      policy,
      idleForMs: config.VM_IDLE_FREEZE_MS,
      busGraceUntil: busGrace.until,
      isLaunching: launcher.isLaunching,
    }),
    driver,
    launcher,
    onFact: () => void persistently('telling of a runtime', factTeller.tell, { signal, logger }),
    onReplaced(connection) {
      // While the bus is away nobody is on it.
      if (!sys.isConnected()) return;
      connections
        .kick(connection)
        .catch((error: unknown) => logger.warn({ err: error, ...connection }, 'connection not closed'));
    },
    logger,
  });
  const reports = createReports({ db, app, connections, lifecycle, logger });

  const callout = await serveCallout({
    bus: auth,
    issuerSeed: config.NATS_CALLOUT_ISSUER_SEED,
    admit: (request) => admit({ db, app, jwtSecret: config.JWT_SECRET }, request),
    note: async ({ userId, instanceId, reason, address: clientAddress }) => {
      const record = { userId, instanceId, reason, clientAddress };
      await recordRefusal(db, record).catch((error: unknown) =>
        logger.warn({ err: error, ...record }, 'refusal not kept'),
      );
    },
    logger,
  });
  closing.defer(callout.close);
  const renewal = await serveTokenRenewal({ bus: app, db, jwtSecret: config.JWT_SECRET });
  closing.defer(() => renewal.close());
  const routes = await serveRoutes(
    app,
    { name: 'scheduler', description: "Users' runtimes: their state, and bringing them up." },
    vmRoutes({
      db,
      lifecycle,
      mode: driver.mode,
      policy,
      jwtSecret: config.JWT_SECRET,
      natsUrl: config.VM_NATS_URL ?? config.NATS_URL,
      current: (identity) => currentIdentity(app, identity),
    }),
  );
  closing.defer(() => routes.close());
  const following = await followBus({
    app,
    sys,
    db,
    reports,
    lifecycle,
    idleForMs: config.VM_IDLE_FREEZE_MS,
    logger,
    signal,
  });
  closing.defer(following.close);
  const watch = startWatch({
    db,
    app,
    sys,
    connections,
    reports,
    lifecycle,
    factTeller,
    logger,
    signal,
  });
  closing.defer(watch.close);

  const close = async (): Promise<void> => {
    stop.abort(new Error('the scheduler stops'));
    await closing.disposeAsync();
  };
  return {
    lifecycle,
    isReady: async () =>
      [app, auth, sys].every((bus) => bus.isConnected()) &&
      (await sql`SELECT 1`.execute(db).then(
        () => true,
        () => false,
      )),
    close,
    [Symbol.asyncDispose]: close,
  };
}
