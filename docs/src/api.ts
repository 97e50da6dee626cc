import {
  ERRORS,
  jsonSchemaOf,
  ROUTES,
  type RouteDefinition,
  resyncSchema,
  type SchemaCollector,
  SESSION_COOKIE,
  schemaCollector,
  sessionEventSchema,
} from '@semibot/protocol';
import { z } from 'zod';
import { code, GENERATED, page, table } from './markdown.ts';
import { schemaBlock, typeText } from './schema-text.ts';

/** `docs/API.md`: the HTTP API for people; `openapi.json` tells the same to programs. */
export function renderApi(): string {
  const schemas = schemaCollector();
  const groups = Object.entries<Record<string, RouteDefinition>>(ROUTES).flatMap(([name, routes]) => [
    `## ${name}`,
    table(
      ['route', 'takes', 'gives', 'what'],
      Object.values(routes).map((route) => [
        code(`${route.method} ${route.path}`),
        takes(route, schemas),
        gives(route, schemas),
        [access(route), route.description].filter(Boolean).join(' '),
      ]),
    ),
  ]);
  schemas.collect(sessionEventSchema);
  const resolve = (name: string) => schemas.named()[name] ?? {};
  const shapes = Object.entries(schemas.named()).filter(([name]) => !name.endsWith('Event'));
  return page(
    GENERATED,
    '# HTTP API',
    'Below `/api/v1` on the relay; the same for programs is in [openapi.json](openapi.json), which the relay serves at ' +
      '`/api/v1/openapi.json`.',
    'Every answer is `{"success": true, "data": …, "meta": …}` or `{"success": false, "error": {"code", "message", ' +
      '"details"?}}`. The tables tell what is in `data`, and in `meta` where there is one. Error texts are in English ' +
      'or Chinese by `Accept-Language`. `X-Request-ID` is taken over, or made, and given back.',
    'Routes want `Authorization: Bearer <access token>` unless they say otherwise. A sign-in also sets the cookie ' +
      `${code(SESSION_COOKIE)}, for readers that cannot set a header.`,
    'Types: `id` is a UUID, `time` is ISO 8601, `cursor` is a log position and opaque, `field?` may be left out, ' +
      '`= value` is what then counts. Names like `Session` are told under [Shapes](#shapes).',
    ...groups,
    '## Shapes',
    ...shapes.flatMap(([name, schema]) => [`### ${name}`, schemaBlock(schema, resolve)]),
    '## Events',
    '`GET /sessions/:sessionId/events` gives each event as `id: <cursor>` and `data: <JSON>`, with no `event:` line. ' +
      'A comment comes now and then to show that the connection lives. An event is one of:',
    schemaBlock(schemas.collect(sessionEventSchema), resolve),
    'The relay itself may say that the reader has to begin anew:',
    schemaBlock(jsonSchemaOf(resyncSchema, { io: 'output' }), resolve),
    '## Errors',
    table(
      ['code', 'status', 'text'],
      Object.entries(ERRORS).map(([name, { status, en }]) => [code(name), String(status), en]),
    ),
  );
}

const access = (route: RouteDefinition): string =>
  ({ public: 'Needs no sign-in.', cookie: 'The session cookie will do.', member: '' })[route.access];

function takes(route: RouteDefinition, schemas: SchemaCollector): string {
  const query = jsonSchemaOf(route.query, { io: 'input' });
  const parts = [
    Object.keys(query.properties ?? {}).length > 0 ? `query ${code(typeText(query))}` : '',
    route.body instanceof z.ZodUndefined ? '' : code(typeText(schemas.collect(route.body))),
  ];
  return parts.filter(Boolean).join(', ');
}

function gives(route: RouteDefinition, schemas: SchemaCollector): string {
  if (route === (ROUTES.sessions.events as RouteDefinition)) return '200 `text/event-stream`';
  const parts = [
    route.data instanceof z.ZodNull ? '' : code(typeText(schemas.collect(route.data))),
    route.meta instanceof z.ZodUndefined ? '' : `meta ${code(typeText(schemas.collect(route.meta)))}`,
  ];
  return [String(route.status), parts.filter(Boolean).join(', ')].filter(Boolean).join(' ');
}
