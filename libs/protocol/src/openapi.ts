import { z } from 'zod';
import type { RouteDefinition } from './define-route.ts';
import { errorBodySchema, errorCodeSchema } from './errors.ts';
import { resyncSchema, sessionEventSchema } from './events.ts';
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts';
import { httpRoutes, ROUTES } from './routes/index.ts';
import { type SchemaCollector, schemaCollector } from './schema-collector.ts';
import { requestIdSchema } from './trace.ts';

/** The version of the HTTP API and of what travels on the bus, as their documents tell it. */
export const API_VERSION = '0.1.0';

/** The cookie that a sign-in sets, for readers that cannot set a header. */
export const SESSION_COOKIE = 'semibot_session';

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  security: Record<string, string[]>[];
  tags: { name: string }[];
  paths: Record<string, Record<string, unknown>>;
  components: Record<string, Record<string, unknown>>;
}

const failure = z.object({
  success: z.literal(false),
  error: errorBodySchema.extend({ code: errorCodeSchema }),
});
const HEADER_PARAMETERS = ['RequestId', 'AcceptLanguage'];
const json = (schema: JsonSchema) => ({ 'application/json': { schema } });
const componentOf = (group: string, id: string) => ({ $ref: `#/components/${group}/${id}` });

/** The HTTP API as the routes tell it, below `/api/v1`. The relay serves it and `docs/` keeps a copy. */
export function openApiDocument(version: string = API_VERSION): OpenApiDocument {
  const schemas = schemaCollector();
  const paths: OpenApiDocument['paths'] = {};
  for (const route of httpRoutes) {
    const path = route.path.replaceAll(/:([A-Za-z]+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, schemas) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Semibot',
      version,
      description:
        'Self-hosted agent chat. Every answer is `{success: true, data, meta?}` or `{success: false, error}`.',
    },
    servers: [{ url: '/api/v1' }],
    security: [{ accessToken: [] }],
    tags: Object.keys(ROUTES).map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        accessToken: { type: 'http', scheme: 'bearer', description: 'The access token of a sign-in.' },
        sessionCookie: { type: 'apiKey', in: 'cookie', name: SESSION_COOKIE },
      },
      parameters: headerParameters,
      responses: {
        Failure: {
          description: 'It did not work; `error.code` says why to programs, `error.message` to people.',
          content: json(schemas.collect(failure)),
        },
      },
      schemas: schemas.named(),
    },
  };
}

function operation(route: RouteDefinition, schemas: SchemaCollector): object {
  const security = {
    public: { security: [] },
    member: {},
    cookie: { security: [{ accessToken: [] }, { sessionCookie: [] }] },
  }[route.access];
  const isEventStream = route === (ROUTES.sessions.events as RouteDefinition);
  // A message is what must not be sent twice.
  const takesIdempotencyKey = route.resource === 'messages' && route.method === 'POST';
  const headers = [
    ...HEADER_PARAMETERS,
    ...(takesIdempotencyKey ? ['IdempotencyKey'] : []),
    ...(isEventStream ? ['LastEventId'] : []),
  ];
  return {
    operationId: `${route.resource}.${route.verb}`,
    tags: [Object.entries(ROUTES).find(([, group]) => Object.values(group).includes(route))?.[0]],
    summary: route.description,
    ...security,
    parameters: [
      ...fieldParameters('path', route.params),
      ...fieldParameters('query', route.query),
      ...headers.map((id) => componentOf('parameters', id)),
    ],
    ...(route.body instanceof z.ZodUndefined
      ? {}
      : { requestBody: { required: true, content: json(jsonSchemaOf(route.body, { io: 'input' })) } }),
    responses: {
      [route.status]: isEventStream ? eventStream(schemas) : success(route, schemas),
      default: componentOf('responses', 'Failure'),
    },
  };
}

function success(route: RouteDefinition, schemas: SchemaCollector): object {
  const envelope = z.object({ success: z.literal(true), data: route.data });
  const hasMeta = !(route.meta instanceof z.ZodUndefined);
  return {
    description: 'It worked.',
    content: json(schemas.collect(hasMeta ? envelope.extend({ meta: route.meta }) : envelope)),
  };
}

/** OpenAPI 3.1 cannot say what one event holds, so the stream's schema is told beside it. */
function eventStream(schemas: SchemaCollector): object {
  const data = schemas.collect(z.union([sessionEventSchema, resyncSchema]));
  return {
    description:
      'Server-sent events without `event:` lines: `id` is the log position, `data` is `x-event-data`.',
    content: { 'text/event-stream': { schema: { type: 'string' }, 'x-event-data': data } },
  };
}

function fieldParameters(where: 'path' | 'query', schema: z.ZodType): object[] {
  const { properties = {}, required = [] } = jsonSchemaOf(schema, { io: 'input' });
  return Object.entries(properties).map(([name, field]) => ({
    name,
    in: where,
    required: required.includes(name),
    schema: field,
  }));
}

const headerParameters = {
  RequestId: {
    name: 'X-Request-ID',
    in: 'header',
    description: 'Taken over where it is well formed, made otherwise, and given back in the answer.',
    schema: jsonSchemaOf(requestIdSchema, { io: 'input' }),
  },
  AcceptLanguage: {
    name: 'Accept-Language',
    in: 'header',
    description: 'The language of error texts: English or Chinese.',
    schema: { type: 'string' },
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'A repeated request with the same key gets the first answer and does nothing more.',
    schema: { type: 'string', minLength: 1, maxLength: 200 },
  },
  LastEventId: {
    name: 'Last-Event-ID',
    in: 'header',
    description: 'The last `id` that was read; the stream goes on right after it.',
    schema: { type: 'string' },
  },
};
