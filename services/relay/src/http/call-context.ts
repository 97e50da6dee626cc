import { type Language, type Trace, traceFrom } from '@semibot/protocol';
import { type Context, runInContext } from '@semibot/service';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Caller } from '../auth/access-token.ts';
import { languageOf } from './language.ts';

declare module 'fastify' {
  interface FastifyRequest {
    trace: Trace;
    language: Language;
    /** Null for public routes, and before the route has asked. */
    caller: Caller | null;
  }
}

const NO_TRACE: Trace = { requestId: '', traceparent: '' };

const oneHeader = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

/** Gives each request its trace, taken from its headers or made, and tells it in the answer. */
export function addCallContext(app: FastifyInstance): void {
  app.decorateRequest('trace', { getter: () => NO_TRACE });
  app.decorateRequest('language', 'en');
  app.decorateRequest('caller', null);
  app.addHook('onRequest', (request, reply, done) => {
    const trace = traceFrom({
      requestId: oneHeader(request.headers['x-request-id']),
      traceparent: oneHeader(request.headers.traceparent),
    });
    Object.defineProperty(request, 'trace', { value: trace });
    request.language = languageOf(request.headers['accept-language']);
    reply.header('X-Request-ID', trace.requestId).header('traceparent', trace.traceparent);
    done();
  });
}

/** Does a request's work so that each log line has its ids. */
export function inCallContext<T>(request: FastifyRequest, work: () => T): T {
  const { trace, caller } = request;
  const context: Context = { ...trace, ...(caller ? { userId: caller.identity.userId } : {}) };
  return runInContext(context, work);
}
