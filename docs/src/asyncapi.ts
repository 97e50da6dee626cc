import {
  httpRoutes,
  identitySchema,
  internalRoutes,
  MESSAGES,
  type MessageDefinition,
  REQUESTS,
  type RouteDefinition,
  requestMessage,
  type SchemaCollector,
  STREAMS,
  schemaCollector,
} from '@semibot/protocol';
import { z } from 'zod';
import { headersOf } from './message-headers.ts';
import { callersOf } from './parts.ts';

/** An AsyncAPI 3 document. */
export interface AsyncApiDocument {
  asyncapi: string;
  info: { title: string; version: string; description: string };
  defaultContentType: string;
  servers: Record<string, object>;
  channels: Record<string, object>;
  operations: Record<string, object>;
  components: { messages: Record<string, object>; schemas: Record<string, object> };
  'x-streams': object;
}

/** One subject with the message on it, and who is at its ends. */
interface Channel {
  id: string;
  address: string | null;
  description: string;
  payload: object;
  headers: { name: string; description: string }[];
  from: readonly string[];
  to: readonly string[];
  /** The channel on which the receiver answers. */
  reply?: string;
  stream?: string | null;
}

const ref = (...path: string[]): { $ref: string } => ({ $ref: `#/${path.join('/')}` });
const PARAMETERS: Record<string, string> = {
  user: "A user's id.",
  session: "A session's id, or `_` where there is none.",
  stream: 'The name of the stream that the message came from.',
};

/** All that travels on the bus, for programs. */
export function asyncApiDocument(version: string): AsyncApiDocument {
  const schemas = schemaCollector();
  const channels = [
    ...MESSAGES.filter((message) => message !== (requestMessage as MessageDefinition)).map((message) =>
      messageChannel(message, schemas),
    ),
    ...Object.keys(REQUESTS).flatMap((method) => requestChannels(method as keyof typeof REQUESTS, schemas)),
    ...[...httpRoutes, ...internalRoutes]
      .filter((route) => route.service !== 'relay')
      .flatMap((route) => routeChannels(route, schemas)),
  ];
  const collect = (make: (channel: Channel) => [string, object][]): Record<string, object> =>
    Object.fromEntries(channels.flatMap(make));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Semibot on the bus',
      version,
      description: 'Every subject on which the parts of Semibot talk, with who sends and who receives.',
    },
    defaultContentType: 'application/json',
    servers: { nats: { host: '127.0.0.1:4222', protocol: 'nats', description: 'NATS with JetStream.' } },
    channels: collect((channel) => [[channel.id, channelObject(channel)]]),
    operations: collect(operations),
    components: {
      messages: collect((channel) => [[channel.id, messageObject(channel)]]),
      schemas: schemas.named(),
    },
    'x-streams': STREAMS,
  };
}

function messageChannel(message: MessageDefinition, schemas: SchemaCollector): Channel {
  return {
    id: message.name,
    address: message.subject.replaceAll(/<(\w+)>/g, '{$1}'),
    description: message.description,
    payload: schemas.collect(message.schema),
    headers: headersOf(message),
    from: message.from,
    to: message.to,
    stream: message.stream,
  };
}

const failed = { ok: z.literal(false), error: z.object({ code: z.string(), message: z.string() }) };

/** A question and the answer to it, which goes to the asker's inbox: an address that only the question tells. */
function pair(question: Omit<Channel, 'reply'>, answer: z.ZodType, schemas: SchemaCollector): Channel[] {
  const id = `${question.id}.reply`;
  return [
    { ...question, reply: id },
    {
      id,
      address: null,
      description: "The answer, to the asker's own inbox.",
      payload: schemas.collect(z.union([answer, z.object(failed)])),
      headers: [],
      // An answer has no operation of its own: it is part of the question's.
      from: [],
      to: [],
    },
  ];
}

function requestChannels(method: keyof typeof REQUESTS, schemas: SchemaCollector): Channel[] {
  const { schema, result, description } = REQUESTS[method];
  return pair(
    {
      id: `request.${method}`,
      address: `requests.{user}.{session}.${method}`,
      description,
      payload: schemas.collect(schema),
      headers: headersOf(requestMessage as MessageDefinition),
      from: requestMessage.from,
      to: requestMessage.to,
    },
    z.object({ ok: z.literal(true), result }),
    schemas,
  );
}

function routeChannels(route: RouteDefinition, schemas: SchemaCollector): Channel[] {
  const { params, query, body, data, meta } = route;
  return pair(
    {
      id: route.subject,
      address: route.subject,
      description: route.description,
      payload: schemas.collect(
        z.object({
          identity: identitySchema.nullable(),
          params,
          query,
          ...(body instanceof z.ZodUndefined ? {} : { body }),
          idempotencyKey: z.string().optional(),
          language: z.enum(['en', 'zh']),
        }),
      ),
      headers: headersOf(requestMessage as MessageDefinition).filter(({ name }) => name !== 'Nats-Msg-Id'),
      from: callersOf(route.subject),
      to: [route.service],
    },
    z.object({ ok: z.literal(true), data, ...(meta instanceof z.ZodUndefined ? {} : { meta }) }),
    schemas,
  );
}

function channelObject(channel: Channel): object {
  const parameters = [...(channel.address ?? '').matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [
    name,
    { description: PARAMETERS[name] ?? name },
  ]);
  return {
    address: channel.address,
    description: channel.description,
    messages: { [channel.id]: ref('components', 'messages', channel.id) },
    ...(parameters.length > 0 ? { parameters: Object.fromEntries(parameters) } : {}),
    ...(channel.stream ? { 'x-stream': channel.stream } : {}),
  };
}

function messageObject(channel: Channel): object {
  const properties = channel.headers.map(({ name, description }) => [name, { type: 'string', description }]);
  return {
    name: channel.id,
    summary: channel.description,
    ...(properties.length > 0
      ? { headers: { type: 'object', properties: Object.fromEntries(properties) } }
      : {}),
    payload: channel.payload,
  };
}

function operations(channel: Channel): [string, object][] {
  const operation =
    (action: 'send' | 'receive') =>
    (part: string): [string, object] => [
      `${part}.${action}.${channel.id}`,
      {
        action,
        channel: ref('channels', channel.id),
        messages: [ref('channels', channel.id, 'messages', channel.id)],
        tags: [{ name: part }],
        ...(channel.reply
          ? {
              reply: {
                channel: ref('channels', channel.reply),
                messages: [ref('channels', channel.reply, 'messages', channel.reply)],
              },
            }
          : {}),
      },
    ];
  return [...channel.from.map(operation('send')), ...channel.to.map(operation('receive'))];
}
