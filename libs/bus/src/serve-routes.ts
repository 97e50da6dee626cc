import {
  type ApiAnswer,
  apiCallSchema,
  checkMessage,
  decodeJson,
  type Identity,
  type Language,
  type RouteDefinition,
  SemibotError,
  type Trace,
  validationDetails,
} from '@semibot/protocol';
import type { z } from 'zod';
import type { Bus } from './connect.ts';
import { traceOf } from './headers.ts';
import { type MicroEndpoint, type ServiceRecord, startMicroService } from './micro-service.ts';

/** A REST call as its handler gets it: checked by the route's schemas. */
export interface RouteCall<R extends RouteDefinition> {
  identity: Identity | null;
  params: z.output<R['params']>;
  query: z.output<R['query']>;
  body: z.output<R['body']>;
  idempotencyKey: string | undefined;
  language: Language;
  trace: Trace;
}

interface RouteResult<R extends RouteDefinition> {
  data: z.input<R['data']>;
  meta?: z.input<R['meta']>;
}

/** A route with the one who answers it. */
export interface Endpoint {
  route: RouteDefinition;
  answer(data: Uint8Array, trace: Trace): Promise<ApiAnswer>;
}

function check<T extends z.ZodType>(schema: T, value: unknown, where: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const details = validationDetails(result.error).map(({ path, problem }) => ({
    path: path ? `${where}.${path}` : where,
    problem,
  }));
  throw new SemibotError('VALIDATION_FAILED', { details });
}

/** Binds a route to its handler. Whatever the handler throws becomes an answer that leaks nothing. */
export function endpoint<R extends RouteDefinition>(
  route: R,
  handle: (call: RouteCall<R>) => Promise<RouteResult<R>>,
): Endpoint {
  return {
    route,
    async answer(data, trace) {
      const call = checkMessage(apiCallSchema, decodeJson(data), `call of ${route.subject}`);
      const result = await handle({
        identity: call.identity,
        params: check(route.params, call.params, 'params') as z.output<R['params']>,
        query: check(route.query, call.query, 'query') as z.output<R['query']>,
        body: check(route.body, call.body, 'body') as z.output<R['body']>,
        idempotencyKey: call.idempotencyKey,
        language: call.language,
        trace,
      });
      return {
        ok: true,
        data: checkMessage(route.data, result.data, `answer of ${route.subject}`),
        ...(result.meta === undefined
          ? {}
          : { meta: checkMessage(route.meta, result.meta, `answer of ${route.subject}`) }),
      };
    },
  };
}

/** Only a part's own inbox is answered: anything else could turn the answer into a message of its own. */
const INBOX = /^_INBOX_[a-z]+\.[A-Za-z0-9.]+$/;

/** Routes as endpoints. Errors are told in English: the relay puts them into the caller's language. */
export const routeEndpoints = (endpoints: Endpoint[]): MicroEndpoint[] =>
  endpoints.map(({ route, answer }) => ({
    name: `${route.resource}-${route.verb}`,
    subject: route.subject,
    description: route.description,
    mayAnswer: ({ reply }) => reply !== undefined && INBOX.test(reply),
    answer: async ({ data, headers }) => JSON.stringify(await answer(data, traceOf(headers))),
  }));

/** Serves routes as a NATS micro service. */
export const serveRoutes = (bus: Bus, service: ServiceRecord, endpoints: Endpoint[]) =>
  startMicroService(bus, service, routeEndpoints(endpoints));
