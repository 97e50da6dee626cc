import { resolve } from 'node:path';
import { loadConfig, runService, startHealth } from '@semibot/service';
import { configSchema, inheritedEnvironment } from './config.ts';
import { createProcessDriver } from './drivers/process.ts';
import { startScheduler } from './scheduler.ts';

await runService({
  name: 'scheduler',
  async start({ logger, defer }) {
    const config = loadConfig(configSchema);
    const driver = createProcessDriver({
      dataDir: resolve(config.SEMIBOT_DATA_DIR),
      natsUrl: config.VM_NATS_URL ?? config.NATS_URL,
      environment: inheritedEnvironment(),
    });
    const scheduler = await startScheduler({ config, driver, logger });
    defer(() => scheduler.close());
    const health = await startHealth({ port: config.HEALTH_PORT, ready: scheduler.isReady });
    defer(() => health.close());
  },
});
