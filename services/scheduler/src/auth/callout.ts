import type { Msg } from '@nats-io/transport-node';
import type { Bus } from '@semibot/bus';
import { limits, personRights, runtimeRights, SemibotError } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import { RUNTIME_ACCOUNT, SERVICE_ACCOUNT } from '../accounts.ts';
import { isDatabaseAway } from '../store/database.ts';
import type { Admission, AdmittedPerson, AdmittedRuntime, Refusal } from './admission.ts';
import {
  type AuthorizationRequest,
  createIssuer,
  decodeAuthorizationRequest,
  type UserGrant,
} from './nats-jwt.ts';

const SUBJECT = '$SYS.REQ.USER.AUTH';
const QUEUE = 'scheduler';
/** An answer within the server's own patience (`authorization.timeout`), also when the database hangs. */
const ANSWER_WITHIN_MS = 2_000;
/**
 * The server ends the connection after this long, in seconds. Who must go sooner is unbound and kicked; this is for
 * whom nobody remembers.
 */
const ADMITTED_FOR_S = 24 * 3600;
/** A person is asked again after this long at most, in seconds: by then the sign-in may have been revoked. */
const PERSON_ADMITTED_FOR_S = 3600;

interface CalloutOptions {
  /** A connection in the account of the callout. */
  bus: Bus;
  /** The seed of the account key that the server's configuration names as issuer. */
  issuerSeed: string;
  admit: (request: AuthorizationRequest) => Promise<Admission>;
  /** Keeps who was turned away; never rejects. */
  note: (refused: Refusal & { address: string }) => Promise<void>;
  logger: Logger;
}

/** Answers the server's auth callout: lets runtimes into their account, and people into the services' to watch what is theirs. */
export async function serveCallout({ bus, issuerSeed, admit, note, logger }: CalloutOptions) {
  const issuer = createIssuer(issuerSeed);

  async function answer(request: AuthorizationRequest): Promise<{ jwt: string } | { error: string }> {
    const admission = await within(admit(request));
    if (admission.as === 'nobody') {
      const { answer, ...refused } = admission;
      logger.warn({ ...refused, address: request.address }, 'connection refused');
      // The door does not wait for the books.
      void note({ ...admission, address: request.address });
      return { error: answer };
    }
    if (admission.as === 'person') logger.info({ userId: admission.userId }, 'person admitted');
    else {
      const { claims, connection, returned } = admission;
      logger.info({ ...claims, ...connection, returned }, 'runtime admitted');
    }
    return { jwt: issuer.userJwt(grantOf(admission, request.userNkey)) };
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
      if (isDatabaseAway(error) || error instanceof SemibotError)
        logger.warn({ err: error }, 'auth callout while the database or chat is away');
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

function grantOf(admitted: AdmittedRuntime | AdmittedPerson, userNkey: string): UserGrant {
  const now = Math.floor(Date.now() / 1000);
  const limited = {
    userNkey,
    maxSubscriptions: limits.RUNTIME_MAX_SUBSCRIPTIONS,
    maxPayloadBytes: limits.BUS_PAYLOAD_MAX_BYTES,
  };
  if (admitted.as === 'person') {
    const { userId, expiresAt } = admitted;
    return {
      ...limited,
      ...personRights(userId),
      name: userId,
      account: SERVICE_ACCOUNT,
      expiresAt: Math.min(Math.floor(expiresAt.getTime() / 1000), now + PERSON_ADMITTED_FOR_S),
    };
  }
  const { userId } = admitted.claims;
  return {
    ...limited,
    ...runtimeRights(userId),
    name: userId,
    account: RUNTIME_ACCOUNT,
    expiresAt: now + ADMITTED_FOR_S,
  };
}

function within<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('timeout of the auth callout')), ANSWER_WITHIN_MS);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
