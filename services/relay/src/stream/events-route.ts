import type { KeyObject } from 'node:crypto';
import { ROUTES } from '@semibot/protocol';
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

/**
 * What a stream's response begins with. Its body has no framing of HTTP's own: it lasts as long as its connection,
 * which every client and proxy understands.
 */
const STREAM_HEAD = [
  'HTTP/1.1 200 OK',
  'Content-Type: text/event-stream; charset=utf-8',
  'Cache-Control: no-cache, no-transform',
  'X-Accel-Buffering: no',
  'X-Content-Type-Options: nosniff',
  'Connection: close',
].join('\r\n');
const NO_HEADERS = {};

/** `GET /sessions/:sessionId/events`: a session's log as server-sent events. */
export function addEventsRoute(
  app: FastifyInstance,
  options: { streams: Streams; tokenKey: KeyObject; rateLimits: RateLimits },
): void {
  app.route({
    method: route.method,
    url: route.path,
    onRequest: async (request, reply) => {
      request.caller = authenticate(request, route.access, options.tokenKey);
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
  const { socket } = reply.raw;
  forgetHeaders(request);
  if (socket?.writable) stream.start(socket, headOf(request));
  else {
    // The caller has gone meanwhile.
    stream.abandon();
    reply.raw.destroy();
  }
}

/** Written as it is: Node's own response would stand in memory for as long as the stream does. */
const headOf = ({ trace }: FastifyRequest): string =>
  `${STREAM_HEAD}\r\nDate: ${new Date().toUTCString()}\r\nX-Request-ID: ${trace.requestId}\r\n\r\n`;

/** The request lives as long as its connection; what it said is not needed any more. */
function forgetHeaders({ raw }: FastifyRequest): void {
  raw.rawHeaders = [];
  raw.headers = NO_HEADERS;
}
