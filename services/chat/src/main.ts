import {
  connectBus,
  consume,
  createAppender,
  createReplayer,
  type Endpoint,
  readEpoch,
  requestEndpoints,
  routeEndpoints,
  startMicroService,
} from '@semibot/bus';
import { inboxPrefix } from '@semibot/protocol';
import { type Logger, loadConfig, runInContext, runService, startHealth } from '@semibot/service';
import { agentEndpoints } from './agents/routes.ts';
import { authEndpoints } from './auth/routes.ts';
import { configSchema } from './config.ts';
import type { Context } from './context.ts';
import { openDatabase, whileDatabaseIsThere } from './database/database.ts';
import { messageEndpoints } from './messages/routes.ts';
import { createOutbox } from './outbox/flush.ts';
import { providerEndpoints } from './providers/routes.ts';
import { createSecretBox } from './providers/secret-box.ts';
import { onReport } from './reports/on-report.ts';
import { requestHandlers } from './requests/handlers.ts';
import { runEndpoints } from './runs/routes.ts';
import { sessionEndpoints } from './sessions/routes.ts';
import { startSweeper } from './sweeper.ts';
import { createDispatcher } from './vms/dispatcher.ts';
import { onVmFact } from './vms/on-vm-fact.ts';
import type { ChatWork } from './work.ts';

/** A call does its work in the caller's context, and a database that is away is told as such. */
const inCallersContext =
  (logger: Logger) =>
  (served: Endpoint): Endpoint => ({
    route: served.route,
    answer: (data, trace) =>
      runInContext(trace, async () => {
        const answer = await whileDatabaseIsThere(() => served.answer(data, trace));
        const { resource, verb, method } = served.route;
        logger[method === 'GET' ? 'debug' : 'info']({ call: `${resource}.${verb}` }, 'call answered');
        return answer;
      }),
  });

await runService({
  name: 'chat',
  async start({ logger, signal, defer }) {
    const config = loadConfig(configSchema);
    const db = openDatabase(config.DATABASE_URL, logger);
    defer(() => db.destroy());
    const bus = await connectBus({
      servers: config.NATS_URL,
      name: 'chat',
      inboxPrefix: inboxPrefix('chat'),
      nkeySeed: config.NATS_NKEY_SEED,
      logger,
    });
    defer(() => bus.close());
    const appender = createAppender(bus);
    defer(() => appender.close());

    // A store that was restored has another epoch, and it cannot change while the bus stays connected.
    let epoch = await readEpoch(bus);
    bus.onReconnect(() => {
      readEpoch(bus).then(
        (read) => {
          epoch = read;
        },
        (error) => logger.warn({ err: error }, 'cannot read the epoch, keeping the one known'),
      );
    });

    const ctx: Context = {
      config,
      logger,
      db,
      box: createSecretBox({
        key: config.SEMIBOT_SECRET_KEY,
        previousKey: config.SEMIBOT_SECRET_KEY_PREVIOUS,
      }),
      bus,
      appender,
      replayer: createReplayer(bus),
      epoch: () => epoch,
    };
    const outbox = createOutbox(ctx);
    const dispatcher = createDispatcher(ctx, outbox);
    const work: ChatWork = { ctx, outbox, dispatcher };

    const health = await startHealth({ port: config.HEALTH_PORT, ready: () => bus.isConnected() });
    defer(() => health.close());
    const sweeping = startSweeper(work, signal);
    defer(() => sweeping);
    const reports = consume(bus, 'chat-reports', (delivery) =>
      runInContext(delivery.trace, () => onReport(work, delivery)),
    );
    defer(() => reports.close());
    const facts = consume(bus, 'chat-vms', (delivery) => onVmFact(work, delivery));
    defer(() => facts.close());
    const endpoints = [
      ...authEndpoints(ctx),
      ...agentEndpoints(ctx),
      ...sessionEndpoints(work),
      ...messageEndpoints(work),
      ...runEndpoints(work),
      ...providerEndpoints(work),
    ].map(inCallersContext(logger));
    // One service for both: the server lets a connection answer a discovery request once.
    const service = await startMicroService(
      bus,
      { name: 'chat', description: "Accounts, sessions, messages and runs; answers runtimes' requests." },
      [...routeEndpoints(endpoints), ...requestEndpoints(requestHandlers(work))],
    );
    defer(() => service.close());
  },
});
