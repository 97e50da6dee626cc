import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ROUTES, type Trace } from '@semibot/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Caller } from '../auth/access-token.ts';
import { authenticate } from '../auth/authenticate.ts';
import { inCallContext } from '../http/call-context.ts';
import { check } from '../http/check.ts';
import type { RateLimits } from '../http/rate-limits.ts';
import { wantedStart } from './start-position.ts';
import type { Streams } from './streams.ts';

const route = ROUTES.sessions.events;
const lastEventIdSchema = z.string().max(64).optional();

/** The body has no framing of HTTP's own: it lasts as long as its connection, which is true for any client. */
const STREAM_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
  'X-Content-Type-Options': 'nosniff',
  Connection: 'close',
};

/** `GET /sessions/:sessionId/events`: a session's log as server-sent events. */
export function addEventsRoute(
  app: FastifyInstance,
  options: { streams: Streams; jwtSecret: string; rateLimits: RateLimits },
): void {
  app.route({
    method: route.method,
    url: route.path,
    onRequest: async (request, reply) => {
      request.caller = authenticate(request, route.access, options.jwtSecret);
      await options.rateLimits.countCaller(request, reply);
    },
    handler: (request, reply) =>
      inCallContext(request, async () => {
        if (request.caller) await openStream(request, reply, request.caller, options.streams);
      }),
  });
}

async function openStream(
  request: FastifyRequest,
  reply: FastifyReply,
  caller: Caller,
  streams: Streams,
): Promise<void> {
  const { sessionId } = check(route.params, request.params, 'params');
  const { after } = check(route.query, request.query, 'query');
  const lastEventId = check(lastEventIdSchema, request.headers['last-event-id'], 'Last-Event-ID');
  const wanted = wantedStart(lastEventId, after);
  const stream = await streams.open({ caller, sessionId, wanted, trace: request.trace });
  reply.hijack();
  const socket = beginResponse(reply.raw, request.trace);
  forgetHeaders(request);
  if (socket) stream.start(socket);
  else stream.abandon();
}

/** Sends the response's head. Gives the connection for its body; null where the client has gone meanwhile. */
function beginResponse(response: ServerResponse, trace: Trace): Socket | null {
  response.useChunkedEncodingByDefault = false;
  response.writeHead(200, { ...STREAM_HEADERS, 'X-Request-ID': trace.requestId });
  response.flushHeaders();
  const { socket } = response;
  if (socket?.writable) return socket;
  response.destroy();
  return null;
}

/** The request lives as long as its connection; what it said is not needed any more. */
function forgetHeaders({ raw }: FastifyRequest): void {
  raw.rawHeaders = [];
  raw.headers = {};
}
