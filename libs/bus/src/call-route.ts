import { NoRespondersError, RequestError, TimeoutError } from '@nats-io/transport-node';
import {
  type ApiCall,
  apiAnswerSchema,
  checkMessage,
  childTraceparent,
  decodeJson,
  limits,
  type RouteDefinition,
  SemibotError,
  type Trace,
} from '@semibot/protocol';
import type { z } from 'zod';
import type { Bus } from './connect.ts';
import { messageHeaders } from './headers.ts';
import { sleep } from './sleep.ts';

export interface CallOptions<R extends RouteDefinition> {
  identity: ApiCall['identity'];
  params?: z.input<R['params']>;
  query?: z.input<R['query']>;
  body?: z.input<R['body']>;
  idempotencyKey?: string;
  language?: ApiCall['language'];
  trace?: Trace;
  timeoutMs?: number;
}

/**
 * How long one try may take where another does no harm, in milliseconds: whoever had the call may have died with it,
 * and nobody tells.
 */
const TRY_TIMEOUT_MS = 2_000;
/** Nobody serves the subject: a service is starting. Nothing has run, so asking again is safe. */
const NO_RESPONDERS_RETRY_MS = 100;

const nobodyThere = (error: unknown): boolean =>
  error instanceof NoRespondersError || (error instanceof RequestError && error.isNoResponders());

/**
 * Asks the service that answers the route; again where no answer comes and the call may be repeated, which is one that
 * only reads or has an idempotency key. Throws the service's error as a SemibotError, and SERVICE_UNAVAILABLE
 * where none came in time: then it is unknown whether the call has run.
 */
export async function callRoute<R extends RouteDefinition>(
  bus: Bus,
  route: R,
  options: CallOptions<R>,
): Promise<{ data: z.output<R['data']>; meta: z.output<R['meta']> }> {
  const call: ApiCall = {
    identity: options.identity,
    params: options.params ?? {},
    query: options.query ?? {},
    body: options.body,
    language: options.language ?? 'en',
    ...(options.idempotencyKey ? { idempotencyKey: options.idempotencyKey } : {}),
  };
  const trace = options.trace && {
    ...options.trace,
    traceparent: childTraceparent(options.trace.traceparent),
  };
  const payload = JSON.stringify(call);
  const mayRepeat = route.method === 'GET' || options.idempotencyKey !== undefined;
  const until = Date.now() + (options.timeoutMs ?? limits.API_REQUEST_TIMEOUT_MS);
  for (;;) {
    const left = until - Date.now();
    if (left <= 0 || bus.nc.isClosed()) throw new SemibotError('SERVICE_UNAVAILABLE');
    try {
      const message = await bus.nc.request(route.subject, payload, {
        timeout: mayRepeat ? Math.min(left, TRY_TIMEOUT_MS) : left,
        headers: messageHeaders({}, trace),
      });
      const answer = checkMessage(apiAnswerSchema, decodeJson(message.data), `answer of ${route.subject}`);
      if (!answer.ok) throw SemibotError.fromBody(answer.error);
      return {
        data: checkMessage(route.data, answer.data, `answer of ${route.subject}`) as z.output<R['data']>,
        meta: checkMessage(route.meta, answer.meta, `answer of ${route.subject}`) as z.output<R['meta']>,
      };
    } catch (error) {
      if (error instanceof SemibotError) throw error;
      if (nobodyThere(error)) {
        await sleep(NO_RESPONDERS_RETRY_MS);
        continue;
      }
      const isLost = error instanceof TimeoutError || !bus.isConnected();
      if (isLost && mayRepeat) {
        await sleep(NO_RESPONDERS_RETRY_MS);
        continue;
      }
      if (isLost) throw new SemibotError('SERVICE_UNAVAILABLE', { cause: error });
      throw SemibotError.from(error);
    }
  }
}
