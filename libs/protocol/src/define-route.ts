import { z } from 'zod';
import { errorBodySchema } from './errors.ts';
import { idSchema, tokenSchema } from './ids.ts';
import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX } from './limits.ts';

/** Who a request comes from, as the relay found it in the access token. */
export const identitySchema = z.object({
  userId: idSchema,
  orgId: idSchema,
  role: z.enum(['owner', 'admin', 'member']),
  /** The sign-in that the token belongs to; chat refuses it once it is revoked. */
  loginId: idSchema,
});
export type Identity = z.infer<typeof identitySchema>;

/** Page and limit as every list takes them. */
export const pageQuerySchema = z.object({
  page: z.coerce.number().int().min(1).default(1),
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(PAGE_LIMIT_DEFAULT),
});
/** What every list says of itself. */
export const pageMetaSchema = z.object({
  total: z.int().nonnegative(),
  page: z.int().positive(),
  limit: z.int().positive(),
  totalPages: z.int().nonnegative(),
});

export interface RouteRecord<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Data extends z.ZodType = z.ZodType,
  Meta extends z.ZodType = z.ZodType,
> {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below `/api/v1`, with `:parameters`. */
  path: string;
  /** The service that answers, over the bus; `relay` answers itself. */
  service: 'chat' | 'scheduler' | 'relay';
  resource: string;
  verb: string;
  /** `public`: nobody needs to be signed in. `cookie`: the session cookie will do as well, for readers that cannot set headers. */
  access: 'public' | 'member' | 'cookie';
  /** Counted against the login limit of the address instead of the user's. */
  limited?: 'login';
  /** What a successful answer does to the session cookie. */
  cookie?: 'set' | 'clear';
  params: Params;
  query: Query;
  body: Body;
  data: Data;
  meta: Meta;
  status: 200 | 201 | 202;
  description: string;
}

/** A route of the HTTP API, written down once: the relay serves it, the OpenAPI document tells it, a service answers it. */
export interface RouteDefinition<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Data extends z.ZodType = z.ZodType,
  Meta extends z.ZodType = z.ZodType,
> extends RouteRecord<Params, Query, Body, Data, Meta> {
  /** Where the service is asked: `api.<service>.<resource>.<verb>`. */
  subject: string;
}

const nothing = z.object({});

/** Writes a route down. What it does not take or give defaults to nothing. */
export function defineRoute<
  Params extends z.ZodType = typeof nothing,
  Query extends z.ZodType = typeof nothing,
  Body extends z.ZodType = z.ZodUndefined,
  Data extends z.ZodType = z.ZodNull,
  Meta extends z.ZodType = z.ZodUndefined,
>(
  record: Omit<RouteRecord, 'params' | 'query' | 'body' | 'data' | 'meta' | 'status' | 'access'> & {
    access?: RouteRecord['access'];
    status?: RouteRecord['status'];
    params?: Params;
    query?: Query;
    body?: Body;
    data?: Data;
    meta?: Meta;
  },
): RouteDefinition<Params, Query, Body, Data, Meta> {
  return {
    access: 'member',
    status: 200,
    ...record,
    params: (record.params ?? nothing) as Params,
    query: (record.query ?? nothing) as Query,
    body: (record.body ?? z.undefined()) as Body,
    data: (record.data ?? z.null()) as Data,
    meta: (record.meta ?? z.undefined()) as Meta,
    subject: ['api', record.service, record.resource, record.verb]
      .map((token) => tokenSchema.parse(token))
      .join('.'),
  };
}

/** A REST call on the bus. Params, query and body are checked by the route's schemas at both ends. */
export const apiCallSchema = z.object({
  identity: identitySchema.nullable(),
  params: z.unknown(),
  query: z.unknown(),
  body: z.unknown().optional(),
  /** The `Idempotency-Key`, where the caller gave one. */
  idempotencyKey: z.string().min(1).max(200).optional(),
  language: z.enum(['en', 'zh']),
});
export type ApiCall = z.infer<typeof apiCallSchema>;

/** The answer to it. */
export const apiAnswerSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), data: z.unknown(), meta: z.unknown().optional() }),
  z.object({ ok: z.literal(false), error: errorBodySchema }),
]);
export type ApiAnswer = z.infer<typeof apiAnswerSchema>;
