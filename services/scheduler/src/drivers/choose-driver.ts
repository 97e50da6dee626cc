import { resolve } from 'node:path';
import { ConfigError, type Logger } from '@semibot/service';
import type { Config } from '../config.ts';
import type { DriverMode } from '../domain/instance.ts';
import type { Driver } from './driver.ts';

/** What every driver is given; each reads its own settings from the configuration. */
export interface DriverOptions {
  config: Config;
  /** The folder for files of drivers and runtimes, absolute. */
  dataDir: string;
  /** The bus as runtimes reach it. */
  natsUrl: string;
  /** What runtimes get of this process's environment, and nothing more of it. */
  environment: Record<string, string>;
  logger: Logger;
}

/** A driver's code, and the libraries that it needs, are loaded only where it is the one. */
const DRIVERS: Record<DriverMode, (options: DriverOptions) => Promise<Driver>> = {
  process: async (options) => (await import('./process.ts')).createProcessDriver(options),
  command: async ({ config, ...options }) => {
    const command = config.VM_BOOTSTRAP_CMD;
    if (!command)
      throw new ConfigError([
        { variable: 'VM_BOOTSTRAP_CMD', problem: 'is needed where VM_DRIVER is command' },
      ]);
    return (await import('./command.ts')).createCommandDriver({ ...options, command });
  },
  external: async () => (await import('./external.ts')).createExternalDriver(),
  docker: async ({ config, natsUrl, environment }) => {
    const { dockerSettings } = await import('./docker-settings.ts');
    const { createDockerDriver } = await import('./docker.ts');
    return createDockerDriver({ settings: dockerSettings(config), natsUrl, environment });
  },
  kubernetes: async (options) =>
    (await import('./kubernetes.ts')).createKubernetesDriver({
      ...options,
      ...(await import('./kubernetes/settings.ts')).kubernetesSettings(options.config),
    }),
};

/** The driver that VM_DRIVER names. Throws where what it needs is not set. */
export function chooseDriver(options: {
  config: Config;
  environment: Record<string, string>;
  logger: Logger;
}): Promise<Driver> {
  const { config } = options;
  return DRIVERS[config.VM_DRIVER]({
    ...options,
    dataDir: resolve(config.SEMIBOT_DATA_DIR),
    natsUrl: config.VM_NATS_URL ?? config.NATS_URL,
  });
}
