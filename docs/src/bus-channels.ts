import {
  errorBodySchema,
  httpRoutes,
  identitySchema,
  internalRoutes,
  MESSAGES,
  type MessageDefinition,
  REQUESTS,
  type RequestMethodName,
  type RouteDefinition,
  requestMessage,
  type SchemaCollector,
} from '@semibot/protocol';
import { z } from 'zod';
import { type HeaderText, headersOf } from './message-headers.ts';
import { callersOf } from './parts.ts';

/** One subject with the message on it, and who is at its ends. */
export interface Channel {
  id: string;
  address: string | null;
  description: string;
  payload: object;
  headers: HeaderText[];
  from: readonly string[];
  to: readonly string[];
  /** The channel on which the receiver answers. */
  reply?: string;
  stream?: string | null;
}

/** Told method by method, not as one. */
const request = requestMessage as MessageDefinition;

/** `events.<user>.<session>` becomes `events.{user}.{session}`. */
const addressOf = (subject: string): string => subject.replaceAll(/<(\w+)>/g, '{$1}');

/** All that travels on the bus: messages, requests with their answers, calls of routes with theirs. */
export function busChannels(schemas: SchemaCollector): Channel[] {
  return [
    ...MESSAGES.filter((message) => message !== request).map((message) => messageChannel(message, schemas)),
    ...Object.keys(REQUESTS).flatMap((method) => requestChannels(method as RequestMethodName, schemas)),
    ...[...httpRoutes, ...internalRoutes]
      .filter((route) => route.service !== 'relay')
      .flatMap((route) => routeChannels(route, schemas)),
  ];
}

function messageChannel(message: MessageDefinition, schemas: SchemaCollector): Channel {
  return {
    id: message.name,
    address: addressOf(message.subject),
    description: message.description,
    payload: schemas.collect(message.schema),
    headers: headersOf(message),
    from: message.from,
    to: message.to,
    stream: message.stream,
  };
}

const failed = z.object({ ok: z.literal(false), error: errorBodySchema });

/** A question and the answer to it, which goes to the asker's inbox: an address that only the question tells. */
function pair(question: Omit<Channel, 'reply'>, answer: z.ZodType, schemas: SchemaCollector): Channel[] {
  const id = `${question.id}.reply`;
  return [
    { ...question, reply: id },
    {
      id,
      address: null,
      description: "The answer, to the asker's own inbox.",
      payload: schemas.collect(z.union([answer, failed])),
      headers: [],
      // An answer has no operation of its own: it is part of the question's.
      from: [],
      to: [],
    },
  ];
}

function requestChannels(method: RequestMethodName, schemas: SchemaCollector): Channel[] {
  const { schema, result, description } = REQUESTS[method];
  return pair(
    {
      id: `request.${method}`,
      address: addressOf(request.subject.replace('<method>', method)),
      description,
      payload: schemas.collect(schema),
      headers: headersOf(request),
      from: request.from,
      to: request.to,
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
      headers: headersOf(request).filter(({ name }) => name !== 'Nats-Msg-Id'),
      from: callersOf(route.subject),
      to: [route.service],
    },
    z.object({ ok: z.literal(true), data, ...(meta instanceof z.ZodUndefined ? {} : { meta }) }),
    schemas,
  );
}
