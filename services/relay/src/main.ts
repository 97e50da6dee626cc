import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { type Bus, connectBus } from '@semibot/bus';
import { inboxPrefix } from '@semibot/protocol';
import { loadConfig, runService } from '@semibot/service';
import { configSchema } from './config.ts';
import { startRelay } from './relay.ts';

const BUILT_PAGE = fileURLToPath(new URL('../page/dist', import.meta.url));

await runService({
  name: 'relay',
  start: async ({ logger, defer }) => {
    const config = loadConfig(configSchema);
    const connect = async (name: string): Promise<Bus> => {
      const bus = await connectBus({
        servers: config.NATS_URL,
        name,
        inboxPrefix: inboxPrefix('relay'),
        nkeySeed: config.NATS_NKEY_SEED,
        logger,
      });
      defer(() => bus.close());
      return bus;
    };
    const bus = await connect('relay');
    const replayBus = await connect('relay-replay');
    const relay = await startRelay({
      bus,
      replayBus,
      logger,
      host: config.HOST,
      port: config.PORT,
      jwtSecret: config.JWT_SECRET,
      local: config.SEMIBOT_LOCAL === '1',
      pageDir: config.PAGE_DIR ?? BUILT_PAGE,
      trustProxy: config.TRUST_PROXY ?? false,
      rateLimits: {
        userPerMinute: config.RATE_LIMIT_USER_PER_MINUTE,
        organizationPerMinute: config.RATE_LIMIT_ORGANIZATION_PER_MINUTE,
        loginPerMinute: config.RATE_LIMIT_LOGIN_PER_MINUTE,
      },
      streamLimits: {
        perSession: config.SSE_STREAMS_PER_SESSION,
        perUser: config.SSE_STREAMS_PER_USER,
      },
    });
    defer(() => relay.close());
    // The young heap keeps the size that it has by now: a crowd of readers would let it grow for good, for nothing.
    setFlagsFromString('--semi-space-growth-factor=1');
    logger.info({ port: relay.port }, 'listening');
  },
});
