import {
  type Authenticator,
  connect,
  createInbox,
  type NatsConnection,
  nkeyAuthenticator,
  type Status,
} from '@nats-io/transport-node';

/** What the bus says of itself goes here; a pino logger fits. */
export interface BusLogger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface BusOptions {
  /** `nats://host:port`, several separated by commas. */
  servers: string;
  /** The connection's name, as `nats server report connections` shows it. */
  name: string;
  /** Where answers come in; nobody else may read below it. */
  inboxPrefix: string;
  logger: BusLogger;
  nkeySeed?: string;
  authenticator?: Authenticator | Authenticator[];
  /** Waits between attempts to reconnect, in milliseconds; the last one repeats. A fifth is jitter. */
  reconnectDelaysMs?: readonly number[];
}

/** A connection to the bus that is never given up before `close`. */
export interface Bus {
  readonly nc: NatsConnection;
  readonly name: string;
  readonly logger: BusLogger;
  isConnected(): boolean;
  /** A fresh subject for answers, below the part's own prefix. */
  newInbox(): string;
  /** Called after each reconnect, with all subscriptions in place; gives back how to stop. */
  onReconnect(listener: () => void): () => void;
  onDisconnect(listener: () => void): () => void;
  /** Sends what is written, then closes. */
  close(): Promise<void>;
}

const SERVICE_RECONNECT_DELAYS_MS = [50, 100, 200, 400, 800, 1_600] as const;
const CONNECT_TIMEOUT_MS = 5_000;
/** A peer that answers no ping for twice this long is taken for gone. */
const PING_INTERVAL_MS = 10_000;
const JITTER = 0.2;

/** Connects, waiting for the server for ever; reconnects for ever, also while authorization is refused or away. */
export async function connectBus(options: BusOptions): Promise<Bus> {
  const delays = options.reconnectDelaysMs ?? SERVICE_RECONNECT_DELAYS_MS;
  let attempt = 0;
  let delay = 0;
  const authenticators: Authenticator[] = [options.authenticator ?? []].flat();
  if (options.nkeySeed) authenticators.push(nkeyAuthenticator(new TextEncoder().encode(options.nkeySeed)));

  const nc = await connect({
    servers: options.servers.split(','),
    name: options.name,
    inboxPrefix: options.inboxPrefix,
    authenticator: authenticators,
    maxReconnectAttempts: -1,
    waitOnFirstConnect: true,
    ignoreAuthErrorAbort: true,
    timeout: CONNECT_TIMEOUT_MS,
    pingInterval: PING_INTERVAL_MS,
    noAsyncTraces: true,
    // The client asks for the delay any number of times before it dials, and tells of a dial by asking for the server.
    reconnectDelayHandler: () => delay,
    reconnectToServer: () => {
      const next = delays[Math.min(attempt, delays.length - 1)] ?? 0;
      delay = next * (1 - JITTER * Math.random());
      attempt += 1;
      return null;
    },
  });
  attempt = 0;

  const reconnectListeners = new Set<() => void>();
  const disconnectListeners = new Set<() => void>();
  let connected = true;
  const onStatus = (status: Status): void => {
    switch (status.type) {
      case 'reconnect':
        attempt = 0;
        connected = true;
        options.logger.info({ server: status.server }, 'bus connection is back');
        for (const listener of reconnectListeners) listener();
        break;
      case 'disconnect':
        if (!connected) break;
        connected = false;
        options.logger.warn({ server: status.server }, 'bus connection lost, reconnecting');
        for (const listener of disconnectListeners) listener();
        break;
      case 'error':
        options.logger.error({ err: status.error }, 'bus error');
        break;
    }
  };
  void (async () => {
    for await (const status of nc.status()) onStatus(status);
  })();

  const listen = (listeners: Set<() => void>) => (listener: () => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  return {
    nc,
    name: options.name,
    logger: options.logger,
    newInbox: () => createInbox(options.inboxPrefix),
    isConnected: () => connected && !nc.isClosed(),
    onReconnect: listen(reconnectListeners),
    onDisconnect: listen(disconnectListeners),
    close: async () => {
      if (nc.isClosed()) return;
      // A drain waits for the server, which may be away for ever.
      if (connected) await nc.drain().catch(() => nc.close());
      else await nc.close();
    },
  };
}
