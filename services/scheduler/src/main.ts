import { loadConfig, runService, startHealth } from '@semibot/service';
import { configSchema, inheritedEnvironment } from './config.ts';
import { chooseDriver } from './drivers/choose-driver.ts';
import { startScheduler } from './scheduler.ts';

await runService({
  name: 'scheduler',
  async start({ logger, defer }) {
    const config = loadConfig(configSchema);
    const driver = await chooseDriver({ config, environment: inheritedEnvironment(), logger });
    const scheduler = await startScheduler({ config, driver, logger });
    defer(() => scheduler.close());
    const health = await startHealth({ port: config.HEALTH_PORT, ready: scheduler.isReady });
    defer(() => health.close());
  },
});
