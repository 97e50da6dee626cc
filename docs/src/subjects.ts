import {
  CONSUMERS,
  httpRoutes,
  inboxPrefix,
  internalRoutes,
  MESSAGES,
  type MessageDefinition,
  NO_SESSION,
  REQUESTS,
  RUNTIME_IMPORTS,
  requestMessage,
  type SchemaCollector,
  STREAMS,
  type StreamDefinition,
  schemaCollector,
} from '@semibot/protocol';
import { code, GENERATED, page, table } from './markdown.ts';
import { headersOf } from './message-headers.ts';
import { callersOf, RIGHTS } from './parts.ts';
import { schemaBlock, typeText } from './schema-text.ts';
import { bytes, duration } from './units.ts';

const list = (subjects: readonly string[]): string => subjects.map(code).join(', ');

/** `docs/SUBJECTS.md`: all that travels on the bus. */
export function renderSubjects(): string {
  const schemas = schemaCollector();
  const messages = MESSAGES.map((message) => messageBlock(message, schemas));
  return page(
    GENERATED,
    '# Subjects',
    'All that travels on the bus. Payloads are JSON, checked at publish and at consume. ' +
      `${code('<user>')} and ${code('<session>')} are ids; ${code(NO_SESSION)} stands where a request is about no session. ` +
      'Types are written as in [API.md](API.md); a `token` is 1 to 64 letters, digits, `_` or `-`.',
    '## At a glance',
    table(
      ['subject', 'kept in', 'from', 'to', 'what'],
      MESSAGES.map((message) => [
        code(message.subject),
        keptIn(message),
        message.from.join(', '),
        message.to.join(', '),
        message.description,
      ]),
    ),
    '## Messages',
    ...messages,
    '## Requests',
    `A runtime asks chat on ${code(requestMessage.subject)} and is answered on its own inbox: ` +
      `${code('{ok: true, result}')} or ${code('{ok: false, error: {code, message}}')}. ` +
      'A request is repeated under its id until it is answered.',
    ...Object.entries(REQUESTS).map(([method, request]) => requestBlock(request, method, schemas)),
    '## The HTTP API on the bus',
    'The relay asks the service that answers a route. Services are NATS micro services (`nats micro ls`); their ' +
      'instances share the calls. The payload is ' +
      `${code('{identity, params, query, body?, idempotencyKey?, language}')}, the answer ` +
      `${code('{ok: true, data, meta?}')} or ${code('{ok: false, error}')}.`,
    table(
      ['subject', 'asked by', 'HTTP route', 'what'],
      [...httpRoutes, ...internalRoutes]
        .filter((route) => route.service !== 'relay')
        .map((route) => [
          code(route.subject),
          callersOf(route.subject).join(', '),
          httpRoutes.includes(route) ? code(`${route.method} ${route.path}`) : '',
          route.description,
        ]),
    ),
    '## Streams',
    table(
      ['stream', 'subjects', 'retention', 'kept for', 'at most', 'a message', 'consumers', 'republished on'],
      Object.entries<StreamDefinition>(STREAMS).map(([name, stream]) => [
        code(name),
        list(stream.subjects),
        stream.retention,
        [duration(stream.maxAgeMs), perSubject(stream)].filter(Boolean).join('; '),
        bytes(stream.maxBytes),
        bytes(stream.maxMessageBytes),
        `at most ${stream.maxConsumers}`,
        stream.republish ? code(stream.republish.to) : '',
      ]),
    ),
    Object.entries<StreamDefinition>(STREAMS).map(streamLine).join('\n'),
    '## Consumers',
    'Readers of logs have no consumer; they follow the republished subject and read the stream by direct get.',
    table(
      ['consumer', 'stream', 'subjects'],
      Object.entries(CONSUMERS).map(([name, { stream, filters }]) => [
        code(name),
        code(stream),
        list(filters),
      ]),
    ),
    '## Who may do what',
    `Each part has an inbox of its own, ${code(`${inboxPrefix('<part>')}.>`)}, and may do nothing on the bus but this. ` +
      'Only the set-up job may make, change or delete streams.',
    ...Object.entries(RIGHTS).flatMap(([part, rights]) => [
      `### ${part}`,
      `- publishes ${list(rights.publish)}\n- subscribes to ${list(rights.subscribe)}`,
    ]),
    '### The account of the runtimes',
    "Runtimes are in an account of their own. Of the services' account it is given these subjects and no others:",
    table(
      ['subject there', 'subject here', 'way'],
      [
        ...RUNTIME_IMPORTS.services.map((given) => [
          code('as' in given ? given.as : given.from),
          code(given.from),
          'from runtimes to services, with the answer back',
        ]),
        ...RUNTIME_IMPORTS.streams.map((given) => [
          code(given.from),
          code(given.from),
          'from services to runtimes',
        ]),
      ],
    ),
  );
}

function streamLine([name, stream]: [string, StreamDefinition]): string {
  const expiry = stream.messageTtl ? ' Messages may carry a TTL.' : '';
  return `- ${code(name)}: ${stream.description} A repeated message id is recognised for ${duration(stream.deduplicationMs)}.${expiry}`;
}

const perSubject = (stream: StreamDefinition): string =>
  stream.maxMessagesPerSubject ? `the newest ${stream.maxMessagesPerSubject} a subject` : '';

function keptIn(message: MessageDefinition): string {
  if (message.stream) return code(message.stream);
  return message.republishes ? `copy of ${message.republishes}` : '';
}

function messageBlock(message: MessageDefinition, schemas: SchemaCollector): string {
  const schema = schemas.collect(message.schema);
  const resolve = (name: string) => schemas.named()[name] ?? {};
  const payload = message.republishes
    ? `Payload: as ${code(message.republishes)}.`
    : message === (requestMessage as MessageDefinition)
      ? 'Payload: by method, see [Requests](#requests).'
      : schemaBlock(schema, resolve);
  return [
    `### ${message.name}`,
    `${code(message.subject)}: ${message.from.join(', ')} -> ${message.to.join(', ')}${message.stream ? `, kept in ${code(message.stream)}` : ''}. ${message.description}`,
    payload,
    `Headers: ${headersOf(message)
      .map(({ name }) => code(name))
      .join(', ')}.`,
  ].join('\n\n');
}

function requestBlock(
  { schema, result, description }: (typeof REQUESTS)[keyof typeof REQUESTS],
  method: string,
  schemas: SchemaCollector,
): string {
  const text = (given: typeof schema | typeof result): string => code(typeText(schemas.collect(given)));
  return [`### ${method}`, description, `- asks ${text(schema)}\n- is told ${text(result)}`].join('\n\n');
}
