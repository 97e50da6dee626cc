import { setTimeout as sleep } from 'node:timers/promises';
import {
  isTerminal,
  newId,
  ROUTES,
  type RouteDefinition,
  sessionEventSchema,
  vmStatusSchema,
} from '@semibot/protocol';
import { z } from 'zod';
import { SseConnection } from '../relay/sse-connection.ts';

const STATUS_POLL_MS = 200;
const BODY = { message: 'count to 1', mode: 'queue' } as const;
const dataSchema = z.object({ data: z.unknown() });

/** Somebody with a session that is open in a browser. */
export interface Person {
  userId: string;
  /**
   * Posts `count to 1` and resolves when the run has ended: how long after the post its first token came, in
   * milliseconds. `onFirstToken` is called in that moment.
   */
  firstToken(onFirstToken?: () => void): Promise<number>;
  /** Resolves when the person's runtime sleeps. */
  frozen(): Promise<void>;
  close(): void;
}

/** Registers somebody new, who has no runtime yet, and opens the stream of a session. */
export async function newPerson(url: string): Promise<Person> {
  const { user, accessToken } = await call(url, ROUTES.auth.register, {
    body: { email: `${newId()}@example.org`, password: newId(), name: 'Bench', orgName: 'Bench' },
  });
  const session = await call(url, ROUTES.sessions.create, { token: accessToken, body: {} });
  const run = { told: (_line: string): void => undefined };
  const stream = new SseConnection(
    { port: Number(new URL(url).port), sessionId: session.id, token: accessToken },
    (line) => run.told(line),
    () => undefined,
  );
  if ((await stream.opened) !== 200) throw new Error('a session cannot be followed');

  return {
    userId: user.id,
    async firstToken(onFirstToken) {
      const ended = Promise.withResolvers<number>();
      let took: number | null = null;
      run.told = (line) => {
        const event = sessionEventSchema.parse(JSON.parse(line.slice('data: '.length)));
        if (event.type === 'text_chunk' && took === null) {
          took = performance.now() - postedAt;
          onFirstToken?.();
        }
        if (!isTerminal(event)) return;
        if (took !== null && event.type === 'execution_complete') ended.resolve(took);
        else ended.reject(new Error(`a run ended with ${line}`));
      };
      const postedAt = performance.now();
      await call(url, ROUTES.messages.post, {
        token: accessToken,
        path: `/sessions/${session.id}/messages`,
        body: BODY,
      });
      return await ended.promise;
    },
    async frozen() {
      for (;;) {
        const { status } = vmStatusSchema.parse(await call(url, ROUTES.vm.status, { token: accessToken }));
        if (status === 'frozen') return;
        await sleep(STATUS_POLL_MS);
      }
    },
    close: () => stream.close(),
  };
}

/** A call over HTTP that must succeed. */
async function call<R extends RouteDefinition>(
  url: string,
  route: R,
  { token, path = route.path, body }: { token?: string; path?: string; body?: z.input<R['body']> },
): Promise<z.output<R['data']>> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method: route.method,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': newId() }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${route.method} ${path}: ${text}`);
  return route.data.parse(dataSchema.parse(JSON.parse(text)).data) as z.output<R['data']>;
}
