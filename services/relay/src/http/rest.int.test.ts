import { endpoint, serveRoutes } from '@semibot/bus';
import { type BusLab, startBusLab } from '@semibot/bus/testing';
import { type Identity, limits, newId, ROUTES, SemibotError } from '@semibot/protocol';
import { createLogger } from '@semibot/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Relay, type RelayOptions, startRelay } from '../relay.ts';
import { accessToken, JWT_SECRET, newIdentity } from '../testing/relay-lab.ts';

let lab: BusLab;
const relays: Relay[] = [];
const logged: Record<string, unknown>[] = [];

async function relayWith(options: Partial<RelayOptions> = {}): Promise<string> {
  const bus = await lab.connect('relay');
  const relay = await startRelay({
    bus,
    replayBus: bus,
    logger: createLogger({ service: 'relay' }, { write: (line) => void logged.push(JSON.parse(line)) }),
    host: '127.0.0.1',
    port: 0,
    jwtSecret: JWT_SECRET,
    local: false,
    pageDir: '/nowhere',
    trustProxy: false,
    rateLimits: { userPerMinute: 0, organizationPerMinute: 0, loginPerMinute: 0 },
    streamLimits: { perSession: 5, perUser: 50 },
    ...options,
  });
  relays.push(relay);
  return `http://127.0.0.1:${relay.port}`;
}

const now = new Date().toISOString();
const user = (identity: Identity) => ({
  id: identity.userId,
  orgId: identity.orgId,
  email: 'a@example.org',
  name: 'A',
  role: identity.role,
  createdAt: now,
});
const someone = newIdentity();
const session = {
  id: newId(),
  agentId: newId(),
  title: '',
  status: 'active',
  createdAt: now,
  updatedAt: now,
} as const;
const signedIn = { user: user(someone), accessToken: 'the token', refreshToken: 'r' };
const calls: {
  idempotencyKey: string | undefined;
  requestId: string;
  traceparent: string;
  language: string;
}[] = [];

let url: string;

beforeAll(async () => {
  lab = await startBusLab();
  const chat = await lab.connect('chat');
  await serveRoutes(chat, { name: 'chat', description: 'answers what the tests ask' }, [
    endpoint(ROUTES.auth.login, async ({ body }) => {
      if (body.email !== 'a@example.org') throw new SemibotError('AUTH_INVALID_CREDENTIALS');
      return { data: signedIn };
    }),
    endpoint(ROUTES.auth.local, async () => ({ data: signedIn })),
    endpoint(ROUTES.auth.logout, async () => ({ data: null })),
    endpoint(ROUTES.auth.me, async ({ identity }) => ({ data: user(identity ?? someone) })),
    endpoint(ROUTES.sessions.create, async () => ({ data: session })),
    endpoint(ROUTES.sessions.list, async ({ query }) => ({
      data: [session],
      meta: { total: 1, page: query.page, limit: query.limit, totalPages: 1 },
    })),
    endpoint(ROUTES.sessions.get, () => Promise.reject(new Error('secret detail'))),
    endpoint(ROUTES.messages.post, async ({ idempotencyKey, trace, language }) => {
      calls.push({ idempotencyKey, ...trace, language });
      return { data: { runId: newId(), messageId: newId(), cursor: 'epoch:1' } };
    }),
  ]);
  url = await relayWith();
});
afterAll(async () => {
  await Promise.all(relays.map((relay) => relay.close()));
  await lab[Symbol.asyncDispose]();
});

const failureSchema = z.object({ error: z.object({ code: z.string() }).loose() });
const errorIn = async (response: Response) => failureSchema.parse(await response.json()).error;

const json = (body: unknown) => ({
  method: 'POST',
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' } as Record<string, string>,
});
const bearer = (identity: Identity = someone) => ({ authorization: `Bearer ${accessToken(identity)}` });
const messages = (): string => `${url}/api/v1/sessions/${session.id}/messages`;
const post = (body: unknown, headers: Record<string, string> = {}): Promise<Response> => {
  const request = json(body);
  return fetch(messages(), { ...request, headers: { ...request.headers, ...bearer(), ...headers } });
};

describe('a call', () => {
  it("answers with the route's status, data and meta, and with no-store", async () => {
    const created = await fetch(`${url}/api/v1/sessions`, {
      ...json({}),
      headers: { ...json({}).headers, ...bearer() },
    });
    expect(created.status).toBe(201);
    expect(await created.json()).toEqual({ success: true, data: session });
    const list = await fetch(`${url}/api/v1/sessions?limit=7`, { headers: bearer() });
    expect(await list.json()).toEqual({
      success: true,
      data: [session],
      meta: { total: 1, page: 1, limit: 7, totalPages: 1 },
    });
    expect(list.headers.get('cache-control')).toBe('no-store');
  });

  it('tells who calls, by the access token alone', async () => {
    const me = newIdentity();
    const answer = await fetch(`${url}/api/v1/users/me`, { headers: bearer(me) });
    expect(await answer.json()).toMatchObject({ data: { id: me.userId, orgId: me.orgId } });
    const expired = `Bearer ${accessToken(me, { expiresIn: -1 })}`;
    const refusals = await Promise.all(
      [
        {},
        { authorization: 'Bearer nonsense' },
        { authorization: 'Basic YTpi' },
        { authorization: expired },
        { authorization: `Bearer ${accessToken(me, { audience: 'semibot:vm' })}` },
        // Only readers that cannot set a header may show the cookie.
        { cookie: `semibot_session=${accessToken(me)}` },
      ].map((headers) => fetch(`${url}/api/v1/users/me`, { headers })),
    );
    expect(refusals.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401]);
    const codes = await Promise.all(refusals.map(async (refusal) => (await errorIn(refusal)).code));
    expect(codes).toEqual([
      'AUTH_REQUIRED',
      'AUTH_TOKEN_INVALID',
      'AUTH_TOKEN_INVALID',
      'AUTH_TOKEN_INVALID',
      'AUTH_TOKEN_INVALID',
      'AUTH_REQUIRED',
    ]);
  });

  it('carries its ids, its idempotency key and its language to the service, and the ids back', async () => {
    calls.length = 0;
    const traceId = 'c'.repeat(32);
    const answer = await post(
      { message: 'hello' },
      {
        'idempotency-key': 'once',
        'x-request-id': 'my-request',
        traceparent: `00-${traceId}-${'d'.repeat(16)}-01`,
        'accept-language': 'zh-CN,zh;q=0.9,en;q=0.8',
      },
    );
    expect(answer.status).toBe(202);
    expect(answer.headers.get('x-request-id')).toBe('my-request');
    expect(answer.headers.get('traceparent')).toContain(traceId);
    expect(calls).toMatchObject([{ idempotencyKey: 'once', requestId: 'my-request', language: 'zh' }]);
    expect(calls[0]?.traceparent).toContain(traceId);
    expect(logged).toContainEqual(
      expect.objectContaining({ msg: 'request', requestId: 'my-request', traceId }),
    );

    const made = await post({ message: 'hello' }, { 'x-request-id': 'not valid\t' });
    expect(made.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('a bad request is told what is wrong with it', () => {
  const failure = async (answer: Promise<Response>) => {
    const response = await answer;
    return { status: response.status, ...(await errorIn(response)) };
  };

  it('where a field is not as it should be', async () => {
    expect(await failure(post({ message: ' ', mode: 'shout' }))).toMatchObject({
      status: 400,
      code: 'VALIDATION_FAILED',
      details: [{ path: 'body.message' }, { path: 'body.mode' }],
    });
    expect(await failure(fetch(`${url}/api/v1/sessions?page=0`, { headers: bearer() }))).toMatchObject({
      code: 'VALIDATION_FAILED',
      details: [{ path: 'query.page' }],
    });
    expect(await failure(fetch(`${url}/api/v1/sessions/no-id`, { headers: bearer() }))).toMatchObject({
      code: 'VALIDATION_FAILED',
      details: [{ path: 'params.sessionId' }],
    });
    expect(await failure(post({ message: 'a' }, { 'idempotency-key': 'k'.repeat(201) }))).toMatchObject({
      code: 'VALIDATION_FAILED',
    });
  });

  it('where the body is no JSON, or of another type', async () => {
    const headers = { ...bearer(), 'content-type': 'application/json' };
    const broken = fetch(messages(), { method: 'POST', body: '{"message":', headers });
    expect(await failure(broken)).toMatchObject({
      status: 400,
      code: 'VALIDATION_FAILED',
      details: [{ path: 'body' }],
    });
    const form = fetch(messages(), {
      method: 'POST',
      body: 'message=hello',
      headers: { ...bearer(), 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(await failure(form)).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
    const empty = fetch(messages(), { method: 'POST', headers });
    expect(await failure(empty)).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
  });

  it('where the body is over its limit', async () => {
    const message = 'x'.repeat(limits.HTTP_BODY_MAX_BYTES);
    expect(await failure(post({ message }))).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' });
    expect(await failure(post({ message: 'x'.repeat(2_000_000) }))).toMatchObject({ status: 413 });
  });

  it('where there is no such route', async () => {
    expect(await failure(fetch(`${url}/api/v1/nothing`))).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect(await failure(fetch(`${url}/api/v1/sessions`, { method: 'PUT' }))).toMatchObject({ status: 404 });
    expect(await failure(fetch(`${url}/api/v1/%ZZ`))).toMatchObject({ status: 404 });
  });

  it("in the caller's language", async () => {
    const login = { email: 'b@example.org', password: 'wrong' };
    const answer = async (language: string) => {
      const request = json(login);
      return failure(
        fetch(`${url}/api/v1/auth/login`, {
          ...request,
          headers: { ...request.headers, 'accept-language': language },
        }),
      );
    };
    expect(await answer('zh')).toMatchObject({ status: 401, message: '邮箱或密码错误。' });
    expect(await answer('en-GB')).toMatchObject({ message: 'The email or the password is wrong.' });
    expect(await answer('fr')).toMatchObject({ message: 'The email or the password is wrong.' });
  });
});

describe('what goes wrong inside', () => {
  it('shows nothing of its cause', async () => {
    const answer = await fetch(`${url}/api/v1/sessions/${session.id}`, { headers: bearer() });
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('secret detail');
  });
});

describe('the session cookie', () => {
  it('is set by a sign-in and taken away by the sign-out, and no script can read it', async () => {
    const login = await fetch(`${url}/api/v1/auth/login`, json({ email: 'a@example.org', password: 'p' }));
    expect(login.status).toBe(200);
    const cookie = login.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^semibot_session=the%20token; Max-Age=86400; Path=\/; HttpOnly; SameSite=Lax$/);
    const logout = await fetch(`${url}/api/v1/auth/logout`, { method: 'POST', headers: bearer() });
    expect(logout.headers.get('set-cookie')).toMatch(/^semibot_session=;/);
  });

  it('goes over TLS only where a trusted proxy says that the caller came so', async () => {
    const behind = await relayWith({ trustProxy: 'loopback' });
    const request = json({ email: 'a@example.org', password: 'p' });
    const secure = { ...request, headers: { ...request.headers, 'x-forwarded-proto': 'https' } };
    const trusted = await fetch(`${behind}/api/v1/auth/login`, secure);
    expect(trusted.headers.get('set-cookie')).toContain('Secure');
    const untrusted = await fetch(`${url}/api/v1/auth/login`, secure);
    expect(untrusted.headers.get('set-cookie')).not.toContain('Secure');
  });
});

describe('the local sign-in', () => {
  const status = async (base: string, headers: Record<string, string> = {}): Promise<number> =>
    (await fetch(`${base}/api/v1/auth/local`, { method: 'POST', headers })).status;

  it('is not there but under npm start', async () => {
    expect(await status(url)).toBe(404);
  });

  it('is there for pages and programs of this machine alone', async () => {
    const local = await relayWith({ local: true });
    expect(await status(local)).toBe(200);
    expect(await status(local, { origin: 'http://localhost:3000' })).toBe(200);
    expect(await status(local, { origin: 'https://example.org' })).toBe(404);
    expect(await status(local, { origin: 'null' })).toBe(404);
    expect(await status(local, { 'x-forwarded-for': '10.0.0.1' })).toBe(404);
  });
});

describe('rate limits', () => {
  it('hold for a user, for an organization and for sign-ins from an address', async () => {
    const limited = await relayWith({
      rateLimits: { userPerMinute: 2, organizationPerMinute: 3, loginPerMinute: 1 },
    });
    const first = newIdentity();
    const colleague = { ...newIdentity(), orgId: first.orgId };
    const me = (identity: Identity): Promise<Response> =>
      fetch(`${limited}/api/v1/users/me`, { headers: bearer(identity) });
    expect((await me(first)).status).toBe(200);
    expect((await me(first)).status).toBe(200);
    const refused = await me(first);
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ error: { code: 'RATE_LIMITED' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await me(colleague)).status).toBe(200);
    expect((await me(colleague)).status).toBe(429);
    expect((await me(newIdentity())).status).toBe(200);

    const login = (): Promise<Response> =>
      fetch(`${limited}/api/v1/auth/login`, json({ email: 'a@example.org', password: 'p' }));
    expect((await login()).status).toBe(200);
    expect((await login()).status).toBe(429);
  });
});

describe('what stands beside the API', () => {
  it('is its own description', async () => {
    const document = await fetch(`${url}/api/v1/openapi.json`);
    expect(await document.json()).toMatchObject({ paths: { '/sessions/{sessionId}/events': {} } });
  });

  it('is health on the public port', async () => {
    expect(await (await fetch(`${url}/live`)).json()).toEqual({ status: 'live' });
    expect((await fetch(`${url}/ready`)).status).toBe(200);
  });

  it('is a word about the page where none is built', async () => {
    const answer = await fetch(`${url}/`);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    expect(await answer.text()).toContain('npm run build');
  });
});
