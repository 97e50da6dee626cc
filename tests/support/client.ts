import { setTimeout as delay } from 'node:timers/promises';
import {
  type ErrorBody,
  errorBodySchema,
  type Message,
  messageSchema,
  newId,
  ROUTES,
  type RouteDefinition,
} from '@semibot/protocol';
import { z } from 'zod';

const envelopeSchema = z.union([
  z.object({ success: z.literal(true), data: z.unknown(), meta: z.unknown().optional() }),
  z.object({ success: z.literal(false), error: errorBodySchema }),
]);

/** An answer as it came. */
export interface Answer {
  status: number;
  headers: Headers;
  data: unknown;
  meta: unknown;
  error: ErrorBody | null;
}

/** How soon a call that found nobody is made again, in milliseconds. */
const AGAIN_MS = 100;

/** A program that speaks to the relay over HTTP, for one person. */
export class Client {
  readonly url: string;
  readonly token: string | null;

  constructor(url: string, token: string | null = null) {
    this.url = url;
    this.token = token;
  }

  /** One call, once. Throws only where nobody answers. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(15_000),
    });
    const envelope = envelopeSchema.parse(await response.json());
    return {
      status: response.status,
      headers: response.headers,
      data: envelope.success ? envelope.data : null,
      meta: envelope.success ? envelope.meta : null,
      error: envelope.success ? null : envelope.error,
    };
  }

  /** A call of a route that succeeds; made again while parts are away. Throws any other error's code. */
  async ask<R extends RouteDefinition>(
    route: R,
    options: {
      params?: Record<string, string>;
      body?: z.input<R['body']>;
      query?: string;
      key?: string;
    } = {},
  ): Promise<{ data: z.output<R['data']>; meta: z.output<R['meta']>; status: number }> {
    const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) => options.params?.[name] ?? '');
    const headers: Record<string, string> = options.key ? { 'idempotency-key': options.key } : {};
    for (;;) {
      const answer = await this.call(
        route.method,
        `${path}${options.query ?? ''}`,
        options.body,
        headers,
      ).catch(() => null);
      if (answer && answer.error === null)
        return {
          data: route.data.parse(answer.data) as z.output<R['data']>,
          meta: route.meta.parse(answer.meta) as z.output<R['meta']>,
          status: answer.status,
        };
      if (answer?.error && answer.status !== 503)
        throw new Error(`${answer.error.code}: ${answer.error.message}`);
      await delay(AGAIN_MS);
    }
  }

  /** A message, sent under one key until it is acknowledged. */
  async post(
    sessionId: string,
    message: string,
    mode: 'queue' | 'steer' | 'interrupt' = 'queue',
    key = newId(),
  ) {
    const { data } = await this.ask(ROUTES.messages.post, {
      params: { sessionId },
      body: { message, mode },
      key,
    });
    return data;
  }

  async newSession(): Promise<string> {
    return (await this.ask(ROUTES.sessions.create, { body: {} })).data.id;
  }

  async history(sessionId: string): Promise<Message[]> {
    const { data } = await this.ask(ROUTES.messages.list, { params: { sessionId }, query: '?limit=100' });
    return z.array(messageSchema).parse(data);
  }
}

/** The local owner, signed in. */
export async function signInLocally(url: string): Promise<Client> {
  const { data } = await new Client(url).ask(ROUTES.auth.local);
  return new Client(url, data.accessToken);
}

/** Somebody new in an organization of their own. */
export async function register(url: string): Promise<Client> {
  const body = { email: `${newId()}@example.org`, password: newId(), name: 'Someone', orgName: 'Theirs' };
  const { data } = await new Client(url).ask(ROUTES.auth.register, { body });
  return new Client(url, data.accessToken);
}
