import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import jwt from 'jsonwebtoken';
import { type RawData, WebSocketServer } from 'ws';
import { z } from 'zod';

/**
 * What the earlier design did, as lean as that can be: a runtime's events come over one WebSocket, the newest 500 of a
 * session stand in memory, browsers get them as server-sent events. It keeps nothing: what it holds dies with it, and
 * nobody knows what was lost while it was away.
 */

const RING_MAX_EVENTS = 500;
const HEARTBEAT_INTERVAL_MS = 15_000;

const { BASELINE_PORT, JWT_SECRET } = z
  .object({ BASELINE_PORT: z.coerce.number().int(), JWT_SECRET: z.string() })
  .parse(process.env);
process.title = 'baseline-relay';

interface Session {
  last: number;
  ring: { id: number; frame: string }[];
  readers: Set<ServerResponse>;
}
const sessions = new Map<string, Session>();

function sessionOf(id: string): Session {
  const known = sessions.get(id);
  if (known) return known;
  const session: Session = { last: 0, ring: [], readers: new Set() };
  sessions.set(id, session);
  return session;
}

function onMessage(data: RawData): void {
  const event = JSON.parse(data.toString());
  const session = sessionOf(event.sessionId);
  session.last += 1;
  const frame = `id: ${session.last}\ndata: ${JSON.stringify(event)}\n\n`;
  session.ring.push({ id: session.last, frame });
  if (session.ring.length > RING_MAX_EVENTS) session.ring.shift();
  for (const reader of session.readers) reader.write(frame);
}

const PATH = /^\/api\/v1\/sessions\/([^/]+)\/events(?:\?after=(\d+))?$/;

function onRequest(request: IncomingMessage, response: ServerResponse): void {
  const [, id, after] = PATH.exec(request.url ?? '') ?? [];
  if (!id) {
    response.writeHead(404).end();
    return;
  }
  try {
    jwt.verify(request.headers.authorization?.slice('Bearer '.length) ?? '', JWT_SECRET);
  } catch {
    response.writeHead(401).end();
    return;
  }
  const session = sessionOf(id);
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache, no-transform',
    'X-Accel-Buffering': 'no',
    Connection: 'keep-alive',
  });
  response.write(':\n\n');
  const last = Number(request.headers['last-event-id'] ?? after ?? session.last);
  for (const { id: event, frame } of session.ring) if (event > last) response.write(frame);
  session.readers.add(response);
  request.on('close', () => session.readers.delete(response));
}

setInterval(() => {
  for (const { readers } of sessions.values()) for (const reader of readers) reader.write(':\n\n');
}, HEARTBEAT_INTERVAL_MS);

const server = createServer(onRequest);
new WebSocketServer({ server, path: '/runtime' }).on('connection', (socket) =>
  socket.on('message', onMessage),
);
server.listen(BASELINE_PORT, '127.0.0.1', () => {
  process.stdout.write(
    `${JSON.stringify({ msg: 'listening', port: (server.address() as AddressInfo).port })}\n`,
  );
});
