import { jetstream } from '@nats-io/jetstream';
import { createUser } from '@nats-io/nkeys';
import {
  connect,
  type NatsConnection,
  nkeyAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from '@nats-io/transport-node';
import { inboxPrefix, limits, newId, vmHeartbeatMessage, vmReadyMessage } from '@semibot/protocol';

/** What a runtime shows at the door. */
export interface Credentials {
  userId: string;
  instanceId: string;
  token: string;
  ticket: string;
}

/** A runtime's side of the bus, worked by hand. */
export interface HandRuntimeClient extends AsyncDisposable {
  nc: NatsConnection;
  bootId: string;
  /** Its own key, for a second connection of the same process. */
  seed: Uint8Array;
  sayReady(): Promise<void>;
  /** A heartbeat that is good for so long. */
  beat(ttlMs?: number, idleMs?: number): Promise<void>;
}

/** Connects as the runtime does. Rejects with the server's refusal, unless it shall reconnect: then it tries on. */
export async function connectAsRuntime(
  natsUrl: string,
  { userId, instanceId, token, ticket }: Credentials,
  { seed = createUser().getSeed(), bootId = newId(), reconnect = false } = {},
): Promise<HandRuntimeClient> {
  const nc = await connect({
    servers: natsUrl,
    inboxPrefix: inboxPrefix(userId),
    authenticator: [
      tokenAuthenticator(token),
      usernamePasswordAuthenticator(userId, ticket),
      nkeyAuthenticator(seed),
    ],
    reconnect,
    waitOnFirstConnect: reconnect,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 200,
    ignoreAuthErrorAbort: true,
  });
  const js = jetstream(nc);
  const fact = () => ({ instanceId, bootId, time: new Date().toISOString() });
  return {
    nc,
    bootId,
    seed,
    async sayReady() {
      await js.publish(vmReadyMessage.format({ user: userId }), vmReadyMessage.encode(fact()));
    },
    async beat(ttlMs = limits.VM_HEARTBEAT_TTL_MS, idleMs = 0) {
      const subject = vmHeartbeatMessage.format({ user: userId });
      const data = vmHeartbeatMessage.encode({ ...fact(), activeRuns: 0, idleMs });
      await js.publish(subject, data, { ttl: `${ttlMs}ms` });
    },
    [Symbol.asyncDispose]: () => nc.close(),
  };
}
