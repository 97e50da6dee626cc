import { createUser } from '@nats-io/nkeys';
import {
  nkeyAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from '@nats-io/transport-node';
import { type Bus, connectBus } from '@semibot/bus';
import { inboxPrefix } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import type { Config } from './config.ts';

/** Quick tries first, for a bus that only restarts and for a runtime that was asleep; then FEATURES part 9: 1, 2, 4, 8, 16, 30 s. */
const RECONNECT_DELAYS_MS = [25, 200, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000];

/**
 * The runtime's connection. It proves who it is by its token, its one-time ticket, and a key of its own: the ticket is
 * bound to that key at the first connect, so that a reconnect is known as this same process. The token
 * is asked for at each connect, because it is renewed meanwhile.
 */
export function connectRuntime(config: Config, token: () => string, logger: Logger): Promise<Bus> {
  return connectBus({
    servers: config.NATS_URL,
    name: `runtime-${config.VM_USER_ID}`,
    inboxPrefix: inboxPrefix(config.VM_USER_ID),
    authenticator: [
      tokenAuthenticator(token),
      usernamePasswordAuthenticator(config.VM_USER_ID, config.VM_TICKET),
      nkeyAuthenticator(createUser().getSeed()),
    ],
    reconnectDelaysMs: RECONNECT_DELAYS_MS,
    logger,
  });
}
