import { type ServiceMsg, Svcm } from '@nats-io/services';
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

/** Answers the runtimes' requests as a NATS micro service with an endpoint a method; instances share them. */
export async function serveRequests(
  bus: Bus,
  service: { name: string; description: string },
  handlers: RequestHandlers,
): Promise<{ close(): Promise<void> }> {
  const micro = await new Svcm(bus.nc).add({
    name: service.name,
    version: '0.1.0',
    description: service.description,
    queue: service.name,
  });
  const underWay = new Set<Promise<void>>();

  async function serve(method: RequestMethodName, message: ServiceMsg): Promise<void> {
    const parameters = requestMessage.parse(message.subject);
    if (!parameters || !mayAnswer(message.reply, parameters.user)) {
      bus.logger.warn(
        { subject: message.subject, reply: message.reply },
        "request without the asker's inbox, not answered",
      );
      return;
    }
    const trace = traceOf(message.headers);
    try {
      const { schema, result } = REQUESTS[method];
      const input = checkMessage(schema, decodeJson(message.data), method);
      const asker = {
        userId: parameters.user,
        sessionId: parameters.session === NO_SESSION ? null : parameters.session,
        trace,
      };
      // The table's types line up by method; the compiler cannot follow a union through it.
      const handle = handlers[method] as (input: unknown, asker: Asker) => Promise<unknown>;
      const value = checkMessage(result, await handle(input, asker), `answer of ${method}`);
      message.respond(JSON.stringify({ ok: true, result: value }));
    } catch (thrown) {
      const error =
        thrown instanceof SemibotError ? thrown : new SemibotError('REQUEST_FAILED', { cause: thrown });
      if (error.status >= 500)
        bus.logger.error(
          { err: thrown, subject: message.subject, requestId: trace.requestId },
          'request failed',
        );
      message.respondError(error.status, error.code, JSON.stringify({ ok: false, error: error.toBody() }));
    }
  }

  for (const method of Object.keys(REQUESTS) as RequestMethodName[]) {
    micro.addEndpoint(method, {
      subject: requestMessage.filter({ method }),
      metadata: { description: REQUESTS[method].description },
      handler: (error, message) => {
        if (error) return;
        const work = serve(method, message).finally(() => underWay.delete(work));
        underWay.add(work);
      },
    });
  }
  await bus.nc.flush();
  return {
    close: async () => {
      await micro.stop();
      await Promise.allSettled(underWay);
    },
  };
}
