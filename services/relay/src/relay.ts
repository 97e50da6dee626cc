import type { AddressInfo } from 'node:net';
import type { Bus } from '@semibot/bus';
import type { Logger } from '@semibot/service';
import { tokenKey } from './auth/access-token.ts';
import { createRateLimits, type RateLimitOptions } from './http/rate-limits.ts';
import { addRestRoutes } from './http/rest-routes.ts';
import { createServer } from './http/server.ts';
import { addEventsRoute } from './stream/events-route.ts';
import type { PlaceLimits } from './stream/stream-places.ts';
import { createStreams } from './stream/streams.ts';

export interface RelayOptions {
  bus: Bus;
  /** A connection of its own for reading the past: much of it at once keeps nobody else waiting. */
  replayBus: Bus;
  logger: Logger;
  host: string;
  /** 0 takes a free one. */
  port: number;
  jwtSecret: string;
  /** Whether the local owner may sign in without a password. */
  local: boolean;
  pageDir: string;
  trustProxy: string | false;
  rateLimits: RateLimitOptions;
  streamLimits: PlaceLimits;
}

/** A relay that answers. */
export interface Relay {
  port: number;
  /** Ends the streams, lets requests finish, and stops listening. The bus stays open. */
  close(): Promise<void>;
}

/** Requests may take this long to finish when the relay stops, in milliseconds; then their connections are cut. */
const FINISH_TIMEOUT_MS = 4_000;

/** The edge: the API over the bus, the sessions' logs as event streams, and the page. Rejects where the port is taken. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { bus, logger } = options;
  const key = tokenKey(options.jwtSecret);
  const rateLimits = createRateLimits(options.rateLimits);
  const streams = createStreams({ bus, replayBus: options.replayBus, logger, limits: options.streamLimits });
  const app = await createServer({
    logger,
    pageDir: options.pageDir,
    trustProxy: options.trustProxy,
    isReady: () => streams.isReady(),
    addApi: (api) => {
      addRestRoutes(api, { bus, logger, tokenKey: key, rateLimits, local: options.local });
      addEventsRoute(api, { streams, tokenKey: key, rateLimits });
    },
  });
  try {
    await app.listen({ host: options.host, port: options.port });
  } catch (error) {
    streams.close();
    throw error;
  }
  return {
    port: (app.server.address() as AddressInfo).port,
    close: async () => {
      streams.close();
      const timer = setTimeout(() => app.server.closeAllConnections(), FINISH_TIMEOUT_MS);
      await app.close();
      clearTimeout(timer);
    },
  };
}
