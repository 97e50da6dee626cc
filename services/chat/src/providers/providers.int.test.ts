import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { callRoute } from '@semibot/bus';
import { type Identity, newId, type ProviderKeys, ROUTES } from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ChatLab, startChatLab } from '../testing/chat-lab.ts';
import { asRun, beginHandRuntime, type HandRuntime } from '../testing/hand-runtime.ts';

const NAME = 'openai-compatible';
const params = { name: NAME } as const;
const INSTALLED = { baseUrl: 'http://127.0.0.1:9/v1', apiKey: 'sk-of-the-installation' };
const OWN = 'http://127.0.0.1:9/own';
const newKey = (): string => `sk-${newId()}`;
const withKey = (apiKey: string, baseUrl = OWN): ProviderKeys => ({ [NAME]: { baseUrl, apiKey } });

let lab: ChatLab;
beforeAll(async () => {
  lab = await startChatLab({ OPENAI_BASE_URL: INSTALLED.baseUrl, OPENAI_API_KEY: INSTALLED.apiKey });
});
afterAll(() => lab?.[Symbol.asyncDispose]());

const set = async (identity: Identity, apiKey: string, baseUrl?: string) =>
  (
    await callRoute(lab.relay, ROUTES.providers.set, {
      identity,
      params,
      body: { apiKey, ...(baseUrl === undefined ? {} : { baseUrl }) },
    })
  ).data;
const get = async (identity: Identity) =>
  (await callRoute(lab.relay, ROUTES.providers.get, { identity, params })).data;
const remove = (identity: Identity) => callRoute(lab.relay, ROUTES.providers.remove, { identity, params });
const models = async (identity: Identity) =>
  (await callRoute(lab.relay, ROUTES.providers.models, { identity })).data;
const makeMember = ({ userId }: Identity) =>
  lab.database.query(`UPDATE users SET role = 'member' WHERE id = $1`, [userId]);
const rowsOf = async ({ orgId }: Identity): Promise<{ key_id: string; nonce: string }[]> => {
  const columns = `key_id, encode(nonce, 'hex') AS nonce`;
  return (await lab.database.query(`SELECT ${columns} FROM provider_keys WHERE org_id = $1`, [orgId])).rows;
};
/** The command that tells of a change, and then the keys. */
const told = async (runtime: HandRuntime): Promise<ProviderKeys> => {
  expect(await runtime.nextCommand()).toMatchObject({ type: 'config', bootId: runtime.bootId });
  return await runtime.getKeys();
};

describe("an organization's own key", () => {
  it('is set, shown by its end, changed, and removed; without it the one of the installation counts', async () => {
    const owner = await lab.newPerson();
    const system = { configured: true, source: 'system', baseUrl: INSTALLED.baseUrl, keyEnding: null };
    expect(await get(owner)).toMatchObject(system);
    const key = newKey();
    const own = { name: NAME, configured: true, source: 'organization', updatedAt: expect.any(String) };
    const shown = { ...own, baseUrl: OWN, keyEnding: key.slice(-4) };
    expect(await set(owner, key, OWN)).toEqual(shown);
    expect(await get(owner)).toEqual(shown);
    const { data: all } = await callRoute(lab.relay, ROUTES.providers.list, { identity: owner });
    expect(all).toEqual([shown]);

    const next = newKey();
    expect(await set(owner, next)).toMatchObject({ baseUrl: OWN, keyEnding: next.slice(-4) });
    expect((await remove(owner)).data).toMatchObject(system);
    expect((await remove(owner)).data).toMatchObject(system);
    expect(await rowsOf(owner)).toEqual([]);
  });

  it('is set and removed by owners and admins alone, and shown to nobody else', async () => {
    const owner = await lab.newPerson();
    await set(owner, newKey(), OWN);
    await makeMember(owner);
    await expect(set(owner, newKey(), OWN)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(remove(owner)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await get(owner)).toEqual({
      name: NAME,
      configured: true,
      source: 'organization',
      baseUrl: null,
      keyEnding: null,
      updatedAt: null,
    });
  });

  it('counts in its organization alone', async () => {
    const [one, other] = [await lab.newPerson(), await lab.newPerson()];
    const key = newKey();
    await set(one, key, OWN);
    expect((await beginHandRuntime(lab, one.userId)).keys).toEqual(withKey(key));
    expect((await beginHandRuntime(lab, other.userId)).keys).toEqual({ [NAME]: INSTALLED });
  });

  it.each([
    [{ apiKey: '' }],
    [{ apiKey: 'sk 1' }],
    [{ apiKey: newKey(), baseUrl: 'http://a:hidden@b/v1' }],
    [{ apiKey: newKey(), baseUrl: 'file:///hidden' }],
  ])('is refused with %j, and the refusal repeats none of it', async (body) => {
    const identity = await lab.newPerson();
    const call = callRoute(lab.relay, ROUTES.providers.set, { identity, params, body });
    const refusal = await call.catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'VALIDATION_FAILED' });
    const { details } = refusal as { details: unknown };
    expect(JSON.stringify(details)).not.toContain('hidden');
    expect(JSON.stringify(details)).not.toContain(body.apiKey || 'hidden');
  });
});

describe('a key in the database', () => {
  it('is no text there, and does not open where it is copied to', async () => {
    const [owner, thief] = [await lab.newPerson(), await lab.newPerson()];
    const key = newKey();
    await set(owner, key, OWN);
    const { rows } = await lab.database.query('SELECT p::text AS text, sealed FROM provider_keys p');
    for (const { text, sealed } of rows) {
      expect(text).not.toContain(key);
      expect(sealed.includes(key)).toBe(false);
    }
    await lab.database.query(
      `INSERT INTO provider_keys (org_id, provider, key_id, nonce, sealed, updated_by)
        SELECT $2, provider, key_id, nonce, sealed, $3 FROM provider_keys WHERE org_id = $1`,
      [owner.orgId, thief.orgId, thief.userId],
    );
    // Nor does the installation's key step in: it would take the conversations elsewhere.
    expect((await beginHandRuntime(lab, thief.userId)).keys).toEqual({});
    expect(await get(thief)).toMatchObject({ configured: false, source: 'organization', baseUrl: null });
    const other = newKey();
    expect(await set(thief, other, OWN)).toMatchObject({ configured: true });
  });

  it('is encrypted anew under another nonce each time that it is set', async () => {
    const owner = await lab.newPerson();
    const key = newKey();
    await set(owner, key, OWN);
    const [first] = await rowsOf(owner);
    await set(owner, key, OWN);
    const [second] = await rowsOf(owner);
    expect(first?.nonce).toMatch(/^[0-9a-f]{24}$/);
    expect(second?.nonce).not.toBe(first?.nonce);
  });
});

describe('a runtime', () => {
  it('is told of each change while it runs, before any run that comes after it', async () => {
    const owner = await lab.newPerson();
    const runtime = await beginHandRuntime(lab, owner.userId);
    expect(runtime.keys).toEqual({ [NAME]: INSTALLED });
    // It takes orders from here on.
    await callRoute(lab.relay, ROUTES.messages.start, { identity: owner, body: { message: 'one' } });
    asRun(await runtime.nextCommand());

    const key = newKey();
    await set(owner, key, OWN);
    await callRoute(lab.relay, ROUTES.messages.start, { identity: owner, body: { message: 'two' } });
    expect(await told(runtime)).toEqual(withKey(key));
    asRun(await runtime.nextCommand());
    await remove(owner);
    expect(await told(runtime)).toEqual({ [NAME]: INSTALLED });
  });

  it('is told when it is ready of what has changed since it asked', async () => {
    const owner = await lab.newPerson();
    const runtime = await beginHandRuntime(lab, owner.userId, { ready: false });
    const key = newKey();
    await set(owner, key, OWN);
    await runtime.sayReady();
    expect(await told(runtime)).toEqual(withKey(key));
  });

  it('is told when it wakes of what has changed while it slept', async () => {
    const owner = await lab.newPerson();
    const runtime = await beginHandRuntime(lab, owner.userId);
    const bootIdInBooks = async (): Promise<string | null> => {
      const query = 'SELECT boot_id FROM runtime_channels WHERE user_id = $1';
      return (await lab.database.query(query, [owner.userId])).rows[0].boot_id;
    };
    await vi.waitUntil(async () => (await bootIdInBooks()) === runtime.bootId, { timeout: 20_000 });
    await runtime.sleep();
    await vi.waitUntil(async () => (await bootIdInBooks()) === null, { timeout: 20_000 });
    const key = newKey();
    await set(owner, key, OWN);
    await runtime.sayReady();
    expect(await told(runtime)).toEqual(withKey(key));
  });

  it('is told nothing at its start where nothing has changed', async () => {
    const owner = await lab.newPerson();
    await set(owner, newKey(), OWN);
    const runtime = await beginHandRuntime(lab, owner.userId);
    await callRoute(lab.relay, ROUTES.messages.start, { identity: owner, body: { message: 'one' } });
    asRun(await runtime.nextCommand());
  });

  it('is told of a change though chat was killed before it could say so', async () => {
    const owner = await lab.newPerson();
    const runtime = await beginHandRuntime(lab, owner.userId);
    await callRoute(lab.relay, ROUTES.messages.start, { identity: owner, body: { message: 'one' } });
    asRun(await runtime.nextCommand());
    // While somebody else holds it, nothing of the user's outbox is sent.
    const hold = 'hashtextextended($1, 0)';
    await lab.database.query(`SELECT pg_advisory_lock(${hold})`, [owner.userId]);
    const key = newKey();
    await set(owner, key, OWN);
    await lab.killChat();
    await lab.database.query(`SELECT pg_advisory_unlock(${hold})`, [owner.userId]);
    expect(await told(runtime)).toEqual(withKey(key));
  });
});

describe('the models', () => {
  let server: Server;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let asked: { url: string | undefined; authorization: string | undefined }[];
  let baseUrl: string;
  beforeAll(async () => {
    asked = [];
    server = createServer((request, response) => {
      asked.push({ url: request.url, authorization: request.headers.authorization });
      answer(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const withAgent = async (model: string): Promise<Identity> => {
    const identity = await lab.newPerson();
    const agent = { name: 'Mine', model: { provider: NAME, model } } as const;
    await callRoute(lab.relay, ROUTES.agents.create, { identity, body: agent });
    return identity;
  };

  it('are those that the provider lists, asked for once with the key', async () => {
    const owner = await lab.newPerson();
    answer = (_, response) => response.end(JSON.stringify({ data: [{ id: 'large-1' }, { id: 'big' }] }));
    const key = newKey();
    await set(owner, key, baseUrl);
    const expected = [
      { provider: 'demo', models: ['demo'], source: 'built-in' },
      { provider: NAME, models: ['big', 'large-1'], source: 'provider' },
    ];
    expect(await models(owner)).toEqual(expected);
    expect(await models(owner)).toEqual(expected);
    expect(asked).toEqual([{ url: '/v1/models', authorization: `Bearer ${key}` }]);
  });

  it.each<[string, typeof answer]>([
    ['refuses', (_, response) => response.writeHead(404).end('{"error": "sk-quoted"}')],
    ['answers with something else', (_, response) => response.end('sk-quoted')],
    ['sends elsewhere', (_, response) => response.writeHead(302, { location: '/v1/models2' }).end()],
    ['does not answer', () => {}],
    ['answers without end', (_, response) => void response.write('x'.repeat(2 * 1024 * 1024))],
  ])('are those that agents use where the provider %s', async (_, answered) => {
    const owner = await withAgent('small-1');
    answer = answered;
    await set(owner, newKey(), baseUrl);
    expect(await models(owner)).toContainEqual({ provider: NAME, models: ['small-1'], source: 'agents' });
    expect(asked.map(({ url }) => url)).not.toContain('/v1/models2');
    const log = await lab.readLog();
    expect(log).toContain('a provider does not tell its models');
    expect(log).not.toContain('sk-quoted');
  });
});

describe('the secret key of chat', () => {
  it('can be changed: what is under the one before it is read and encrypted again', async () => {
    const owner = await lab.newPerson();
    const [first, second] = [randomBytes(32).toString('base64'), randomBytes(32).toString('hex')];
    await lab.killChat({ SEMIBOT_SECRET_KEY: first });
    const key = newKey();
    await set(owner, key, OWN);
    const before = (await rowsOf(owner))[0]?.key_id;

    await lab.killChat({ SEMIBOT_SECRET_KEY: second, SEMIBOT_SECRET_KEY_PREVIOUS: first });
    await vi.waitUntil(async () => (await rowsOf(owner))[0]?.key_id !== before, { timeout: 20_000 });
    expect((await beginHandRuntime(lab, owner.userId)).keys).toEqual(withKey(key));

    // From now on the first one is not needed.
    await lab.killChat({ SEMIBOT_SECRET_KEY_PREVIOUS: '' });
    expect((await beginHandRuntime(lab, owner.userId)).keys).toEqual(withKey(key));
    expect(await get(owner)).toMatchObject({ configured: true, keyEnding: key.slice(-4) });
  });

  it('that is lost takes the keys with it: they can be set again', async () => {
    const owner = await lab.newPerson();
    await set(owner, newKey(), OWN);
    await lab.killChat({ SEMIBOT_SECRET_KEY: randomBytes(32).toString('base64') });
    expect(await get(owner)).toMatchObject({ configured: false, source: 'organization' });
    expect((await beginHandRuntime(lab, owner.userId)).keys).toEqual({});
    expect(await set(owner, newKey(), OWN)).toMatchObject({ configured: true });
  });
});
