import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Appender,
  type Bus,
  createAppender,
  endpoint,
  type LogWriter,
  readEpoch,
  serveRoutes,
} from '@semibot/bus';
import { type BusLab, startBusLab } from '@semibot/bus/testing';
import { formatCursor, type Identity, newId, SemibotError, sessionPosition } from '@semibot/protocol';
import { createLogger } from '@semibot/service';
import jwt from 'jsonwebtoken';
import { type Relay, type RelayOptions, startRelay } from '../relay.ts';
import { SseReader } from './sse-reader.ts';

export const JWT_SECRET = 'a secret for tests, long enough to be one';

/** An access token as chat signs it. */
export function accessToken(
  identity: Identity,
  options: { audience?: string; expiresIn?: number } = {},
): string {
  const { audience = 'semibot:api', expiresIn = 3600 } = options;
  const claims = { org: identity.orgId, role: identity.role, login: identity.loginId };
  return jwt.sign(claims, JWT_SECRET, { audience, expiresIn, subject: identity.userId });
}

/** A person with a session whose log can be written. */
export interface LabSession {
  identity: Identity;
  token: string;
  sessionId: string;
  runId: string;
  writer: LogWriter;
  /** What the history covers, as chat would say. */
  historySequence: number;
}

export const newIdentity = (): Identity => ({
  userId: newId(),
  orgId: newId(),
  role: 'owner',
  loginId: newId(),
});

/** A real nats-server, a service in chat's place that knows the sessions, and relays of this process. */
export class RelayLab implements AsyncDisposable {
  readonly lab: BusLab;
  readonly chat: Bus;
  /** How often chat was asked whether a session may be followed. */
  asked = 0;
  /** What relays logged. */
  readonly logged: Record<string, unknown>[] = [];
  readonly #appender: Appender;
  readonly #sessions = new Map<string, LabSession>();
  readonly #relays: Relay[] = [];
  readonly #readers: SseReader[] = [];
  #service: { close(): Promise<void> } | null = null;

  private constructor(lab: BusLab, chat: Bus) {
    this.lab = lab;
    this.chat = chat;
    this.#appender = createAppender(chat);
  }

  static async start(): Promise<RelayLab> {
    const lab = await startBusLab();
    const relays = new RelayLab(lab, await lab.connect('chat'));
    await relays.startChat();
    return relays;
  }

  epoch = (): Promise<string> => readEpoch(this.chat);

  async startChat(): Promise<void> {
    const position = endpoint(sessionPosition, async ({ identity, params }) => {
      this.asked += 1;
      const session = this.#sessions.get(params.sessionId);
      if (!session || session.identity.userId !== identity?.userId) throw new SemibotError('NOT_FOUND');
      const cursor = formatCursor(await this.epoch(), session.historySequence);
      return { data: { userId: session.identity.userId, cursor } };
    });
    this.#service = await serveRoutes(this.chat, { name: 'chat', description: 'knows the sessions' }, [
      position,
    ]);
  }

  async stopChat(): Promise<void> {
    await this.#service?.close();
  }

  newSession(identity: Identity = newIdentity()): LabSession {
    const sessionId = newId();
    const runId = newId();
    const writer = this.#appender.openWriter({
      userId: identity.userId,
      sessionId,
      runId,
      generation: 1,
      idPrefix: newId(),
      position: { sequence: 0, nextIndex: 0 },
      readTail: () => Promise.reject(new SemibotError('RUN_STALE')),
      trace: { requestId: 'test', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` },
    });
    const session = { identity, token: accessToken(identity), sessionId, runId, writer, historySequence: 0 };
    this.#sessions.set(sessionId, session);
    return session;
  }

  async startRelay(options: Partial<RelayOptions> = {}): Promise<Relay> {
    const bus = await this.lab.connect('relay');
    const write = (line: string): void => void this.logged.push(JSON.parse(line));
    const relay = await startRelay({
      bus,
      replayBus: bus,
      logger: createLogger({ service: 'relay', level: 'info' }, { write }),
      host: '127.0.0.1',
      port: 0,
      jwtSecret: JWT_SECRET,
      local: false,
      pageDir: join(tmpdir(), 'no-page'),
      trustProxy: false,
      rateLimits: { userPerMinute: 0, organizationPerMinute: 0, loginPerMinute: 0 },
      streamLimits: { perSession: 5, perUser: 50 },
      ...options,
    });
    this.#relays.push(relay);
    return relay;
  }

  /** Opens a stream; resolves when the relay has answered. */
  read(
    port: number,
    session: Pick<LabSession, 'sessionId' | 'token'>,
    from: { after?: string; lastEventId?: string } = {},
  ): Promise<SseReader> {
    const query = from.after === undefined ? '' : `?after=${encodeURIComponent(from.after)}`;
    const url = `http://127.0.0.1:${port}/api/v1/sessions/${session.sessionId}/events${query}`;
    const reader = new SseReader();
    this.#readers.push(reader);
    return reader.open(url, {
      authorization: `Bearer ${session.token}`,
      ...(from.lastEventId === undefined ? {} : { 'last-event-id': from.lastEventId }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const reader of this.#readers) reader.close();
    await Promise.all(this.#relays.map((relay) => relay.close()));
    this.#appender.close();
    await this.lab[Symbol.asyncDispose]();
  }
}

/** Appends text word by word, each an event of its own. */
export async function say(session: LabSession, words: string[]): Promise<void> {
  for (const text of words) {
    session.writer.append({ type: 'text_chunk', text });
    await session.writer.flush();
  }
}

/** A folder of its own that goes when the test is over. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'semibot-relay-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
