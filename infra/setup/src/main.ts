import { ConfigError, createLogger, loadConfig } from '@semibot/service';
import { setupConfigSchema } from './config.ts';
import { setUp } from './set-up.ts';

process.title = 'semibot-setup';
try {
  const config = loadConfig(setupConfigSchema);
  await setUp({
    databaseUrl: config.DATABASE_URL,
    natsUrl: config.NATS_URL,
    nkeySeed: config.NATS_NKEY_SEED,
    replicas: config.NATS_REPLICAS,
    logger: createLogger({ service: 'setup', level: config.LOG_LEVEL }),
  });
} catch (error) {
  process.stderr.write(`semibot-setup: ${error instanceof ConfigError ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
