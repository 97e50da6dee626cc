import type { Msg } from '@nats-io/transport-node';
import type { Bus } from '@semibot/bus';
import { limits, runtimeRights } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import { RUNTIME_ACCOUNT } from '../runtime-account.ts';
import { isDatabaseAway } from '../store/database.ts';
import type { Admission } from './admit.ts';
import { type AuthorizationRequest, createIssuer, decodeAuthorizationRequest } from './nats-jwt.ts';

const SUBJECT = '$SYS.REQ.USER.AUTH';
const QUEUE = 'scheduler';
/** An answer within the server's own patience (`authorization.timeout`), also when the database hangs. */
const ANSWER_WITHIN_MS = 2_000;
/**
 * The server ends the connection after this long, in seconds. Who must go sooner is unbound and kicked; this is for
 * whom nobody remembers.
 */
const ADMITTED_FOR_S = 24 * 3600;

interface CalloutOptions {
  /** A connection in the account of the callout. */
  bus: Bus;
  /** The seed of the account key that the server's configuration names as issuer. */
  issuerSeed: string;
  admit: (request: AuthorizationRequest) => Promise<Admission>;
  logger: Logger;
}

/** Answers the server's auth callout: lets runtimes into their account with their user's rights, and nobody else. */
export async function serveCallout({ bus, issuerSeed, admit, logger }: CalloutOptions) {
  const issuer = createIssuer(issuerSeed);

  async function answer(request: AuthorizationRequest): Promise<{ jwt: string } | { error: string }> {
    const admission = await within(admit(request));
    if (!admission.admitted) {
      const { reason, userId, instanceId } = admission;
      logger.warn({ userId, instanceId, reason }, 'connection refused');
      return { error: admission.answer };
    }
    const { claims, connection, returned } = admission;
    logger.info({ ...claims, ...connection, returned }, 'runtime admitted');
    const jwt = issuer.userJwt({
      name: claims.userId,
      userNkey: request.userNkey,
      account: RUNTIME_ACCOUNT,
      expiresAt: Math.floor(Date.now() / 1000) + ADMITTED_FOR_S,
      ...runtimeRights(claims.userId),
      maxSubscriptions: limits.RUNTIME_MAX_SUBSCRIPTIONS,
      maxPayloadBytes: limits.BUS_PAYLOAD_MAX_BYTES,
    });
    return { jwt };
  }

  async function onRequest(message: Msg): Promise<void> {
    let request: AuthorizationRequest;
    try {
      request = decodeAuthorizationRequest(message.string());
    } catch (error) {
      logger.error({ err: error }, 'auth callout that cannot be read, not answered');
      return;
    }
    const answered = await answer(request).catch((error: unknown) => {
      // They come again: a runtime tries for ever.
      if (isDatabaseAway(error)) logger.warn({ err: error }, 'auth callout while the database is away');
      else logger.error({ err: error }, 'auth callout failed');
      return { error: 'try again' };
    });
    message.respond(issuer.answerJwt(request, answered));
  }

  const subscription = bus.nc.subscribe(SUBJECT, {
    queue: QUEUE,
    callback: (failed, message) => {
      if (!failed) void onRequest(message);
    },
  });
  await bus.nc.flush();
  return { close: () => void subscription.unsubscribe() };
}

function within<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('timeout of the auth callout')), ANSWER_WITHIN_MS);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
