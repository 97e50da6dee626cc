import type { ServiceMsg } from '@nats-io/services';
import {
  checkMessage,
  decodeJson,
  inboxPrefix,
  NO_SESSION,
  REQUESTS,
  type RequestMethodName,
  type RequestResult,
  requestMessage,
  SemibotError,
  type Trace,
} from '@semibot/protocol';
import type { z } from 'zod';
import type { Bus } from './connect.ts';
import { traceOf } from './headers.ts';
import { type MicroEndpoint, type ServiceRecord, startMicroService } from './micro-service.ts';

/** Who asks, as the subject says: the server lets a runtime publish under its own user only. */
export interface Asker {
  userId: string;
  /** Null where the request is about the user. */
  sessionId: string | null;
  trace: Trace;
}

export type RequestHandlers = {
  [M in RequestMethodName]: (
    input: z.output<(typeof REQUESTS)[M]['schema']>,
    asker: Asker,
  ) => Promise<RequestResult<M>>;
};

/** The subject that the server puts in place of a runtime's reply subject on its way between the accounts. */
const MAPPED_REPLY = /^_R_\.[A-Za-z0-9]+(\.[A-Za-z0-9]+)*$/;

/**
 * Whether an answer may go there: the server's own mapping back to the asker, or the asking user's inbox. A request
 * can name any subject for its answer, one that orders or deletes something included, and the server does not check it.
 */
export const mayAnswer = (reply: string | undefined, userId: string): boolean =>
  reply !== undefined && (MAPPED_REPLY.test(reply) || reply.startsWith(`${inboxPrefix(userId)}.`));

/** What went wrong while a request was answered: one of ours as it is, anything else as REQUEST_FAILED. */
const failed = (thrown: unknown): SemibotError =>
  thrown instanceof SemibotError ? thrown : new SemibotError('REQUEST_FAILED', { cause: thrown });

/** The runtimes' requests as endpoints, one a method. */
export function requestEndpoints(handlers: RequestHandlers): MicroEndpoint[] {
  async function answer(method: RequestMethodName, { subject, data, headers }: ServiceMsg): Promise<string> {
    const parameters = requestMessage.parse(subject);
    if (!parameters) throw new SemibotError('MALFORMED_MESSAGE');
    const { schema, result } = REQUESTS[method];
    const input = checkMessage(schema, decodeJson(data), method);
    const asker: Asker = {
      userId: parameters.user,
      sessionId: parameters.session === NO_SESSION ? null : parameters.session,
      trace: traceOf(headers),
    };
    // The table's types line up by method; the compiler cannot follow a union through it.
    const handle = handlers[method] as (input: unknown, asker: Asker) => Promise<unknown>;
    const value = await handle(input, asker).catch((thrown) => {
      throw failed(thrown);
    });
    return JSON.stringify({ ok: true, result: checkMessage(result, value, `answer of ${method}`) });
  }

  return (Object.keys(REQUESTS) as RequestMethodName[]).map((method) => ({
    name: method,
    subject: requestMessage.filter({ method }),
    description: REQUESTS[method].description,
    mayAnswer: ({ subject, reply }) => mayAnswer(reply, requestMessage.parse(subject)?.user ?? ''),
    answer: (message) => answer(method, message),
  }));
}

/** Answers the runtimes' requests as a NATS micro service. */
export const serveRequests = (bus: Bus, service: ServiceRecord, handlers: RequestHandlers) =>
  startMicroService(bus, service, requestEndpoints(handlers));
