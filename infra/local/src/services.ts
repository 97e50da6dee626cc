import type { ServiceName } from '@semibot/protocol';
import { passedEnvironment } from './config.ts';
import type { DataFolder } from './data-folder.ts';
import { isLoopback, urlHost } from './host.ts';
import type { Part } from './parts/part.ts';
import { inRepository, NODE } from './repository.ts';
import type { Secrets } from './secrets.ts';

const READY_TIMEOUT_MS = 2_000;

/** What the services are told of the system around them. */
export interface Surroundings {
  data: DataFolder;
  secrets: Secrets;
  natsUrl: string;
  databaseUrl: string;
  host: string;
  port: number;
  /** Where chat and scheduler tell how they are. */
  healthPorts: { chat: number; scheduler: number };
}

/** The services as parts: each with the variables that it reads and no others. Secrets are never on a command line. */
export function serviceParts(around: Surroundings): Record<ServiceName, Part> {
  const { data, secrets, natsUrl, databaseUrl, healthPorts, host, port } = around;
  const local = isLoopback(host) ? '1' : '0';
  const service = (
    name: ServiceName,
    readyUrl: string,
    prefixes: string[],
    variables: Record<string, string>,
  ): Part => ({
    name,
    command: {
      command: NODE,
      args: [inRepository('services', name, 'src', 'main.ts')],
      env: {
        ...passedEnvironment(prefixes),
        NODE_COMPILE_CACHE: data.serviceCache,
        NATS_URL: natsUrl,
        NATS_NKEY_SEED: secrets.nats[name].seed,
        JWT_SECRET: secrets.jwtSecret,
        SEMIBOT_LOCAL: local,
        ...variables,
      },
      logFile: data.logFile(name),
    },
    isReady: () =>
      fetch(`${readyUrl}/ready`, { signal: AbortSignal.timeout(READY_TIMEOUT_MS) }).then(
        (response) => response.ok,
        () => false,
      ),
  });
  const health = (name: 'chat' | 'scheduler'): string => `http://127.0.0.1:${healthPorts[name]}`;

  return {
    relay: service(
      'relay',
      `http://${urlHost(host)}:${port}`,
      ['SSE_', 'RATE_LIMIT_', 'PAGE_DIR', 'TRUST_PROXY'],
      {
        HOST: host,
        PORT: `${port}`,
      },
    ),
    chat: service('chat', health('chat'), ['CHAT_', 'OPENAI_', 'ANTHROPIC_', 'SEMIBOT_SECRET_KEY_PREVIOUS'], {
      DATABASE_URL: databaseUrl,
      SEMIBOT_SECRET_KEY: secrets.secretKey,
      HEALTH_PORT: `${healthPorts.chat}`,
    }),
    scheduler: service('scheduler', health('scheduler'), ['VM_', 'SCHEDULER_'], {
      DATABASE_URL: databaseUrl,
      HEALTH_PORT: `${healthPorts.scheduler}`,
      NATS_AUTH_NKEY_SEED: secrets.nats.auth.seed,
      NATS_SYS_NKEY_SEED: secrets.nats.sys.seed,
      NATS_CALLOUT_ISSUER_SEED: secrets.nats.calloutIssuer.seed,
      SEMIBOT_DATA_DIR: data.path,
    }),
  };
}
