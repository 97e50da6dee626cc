import { STREAMS, schemaCollector } from '@semibot/protocol';
import { busChannels, type Channel } from './bus-channels.ts';

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

const ref = (...path: string[]): { $ref: string } => ({ $ref: `#/${path.join('/')}` });
const PARAMETERS: Record<string, string> = {
  user: "A user's id.",
  session: "A session's id, or `_` where there is none.",
  stream: 'The name of the stream that the message came from.',
};

/** All that travels on the bus, for programs. */
export function asyncApiDocument(version: string): AsyncApiDocument {
  const schemas = schemaCollector();
  const channels = busChannels(schemas);
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
