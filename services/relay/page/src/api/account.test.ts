import { newId, ROUTES } from '@semibot/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Account, createAccount } from './account.ts';
import type { LoginStore, StoredLogin } from './stored-login.ts';

const user = {
  id: newId(),
  orgId: newId(),
  email: 'ada@example.org',
  name: 'Ada',
  role: 'owner',
  createdAt: new Date(0).toISOString(),
};

/** The API's part in signing in: each refresh token is good once, and `expire` lets the access tokens run out. */
function fakeApi() {
  let made = 0;
  const access = new Set<string>();
  const refresh = new Set<string>();
  const called: string[] = [];
  let localMode = false;
  let down = 0;
  const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });
  const refuse = (status: number, code: string) =>
    json(status, { success: false, error: { code, message: code } });
  const signIn = () => {
    made += 1;
    access.add(`access-${made}`);
    refresh.add(`refresh-${made}`);
    return { user, accessToken: `access-${made}`, refreshToken: `refresh-${made}` };
  };
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const path = url.replace('/api/v1', '');
    called.push(path);
    if (down > 0) {
      down -= 1;
      return refuse(503, 'SERVICE_UNAVAILABLE');
    }
    if (path === '/auth/local')
      return localMode ? json(200, { success: true, data: signIn() }) : refuse(404, 'NOT_FOUND');
    if (path === '/auth/login') return json(200, { success: true, data: signIn() });
    if (path === '/auth/refresh') {
      const { refreshToken } = JSON.parse(String(init.body));
      return refresh.delete(refreshToken)
        ? json(200, { success: true, data: signIn() })
        : refuse(401, 'AUTH_TOKEN_INVALID');
    }
    const token = new Headers(init.headers).get('authorization')?.slice('Bearer '.length) ?? '';
    return access.has(token) ? json(200, { success: true, data: user }) : refuse(401, 'AUTH_TOKEN_INVALID');
  });
  return {
    called,
    signIn,
    expire: () => access.clear(),
    allowLocal: () => {
      localMode = true;
    },
    failNext: (calls: number) => {
      down = calls;
    },
  };
}

/** A browser with one storage and one lock for all of its tabs. */
function browser() {
  let login: StoredLogin | null = null;
  let last: Promise<unknown> = Promise.resolve();
  const store: LoginStore = {
    read: () => login,
    write: (next) => {
      login = next;
    },
    onChange: () => () => undefined,
  };
  const exclusively = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work);
    last = mine.catch(() => null);
    return mine;
  };
  const tab = () => createAccount({ store, language: () => 'en', exclusively, onOtherUser: () => undefined });
  return { store, tab };
}

const me = async (account: Account) => (await account.call(ROUTES.auth.me)).data.name;

let api: ReturnType<typeof fakeApi>;
beforeEach(() => {
  api = fakeApi();
});
afterEach(() => vi.unstubAllGlobals());

describe('opening the page', () => {
  it('signs the local owner in where the install allows it', async () => {
    api.allowLocal();
    const account = browser().tab();
    await account.start();
    expect(account.state).toMatchObject({ name: 'signed-in', user: { name: 'Ada' } });
  });

  it('asks for a sign-in where nothing is stored and the install is not local', async () => {
    const account = browser().tab();
    await account.start();
    expect(account.state).toEqual({ name: 'signed-out', local: false });
  });

  it('goes on with the stored login', async () => {
    const { store, tab } = browser();
    store.write({ refreshToken: api.signIn().refreshToken, userId: user.id });
    const account = tab();
    await account.start();
    expect(account.state.name).toBe('signed-in');
    expect(await me(account)).toBe('Ada');
  });

  it('waits while nobody answers, and does not forget the login', async () => {
    const { store, tab } = browser();
    store.write({ refreshToken: api.signIn().refreshToken, userId: user.id });
    api.failNext(1);
    const account = tab();
    const seen: string[] = [];
    account.subscribe(() => seen.push(account.state.name));
    await account.start();
    expect(seen).toEqual(['unreachable', 'signed-in']);
  });
});

describe('an access token that ran out', () => {
  it('is renewed once for all calls that met it, and they are repeated', async () => {
    const account = browser().tab();
    await account.login({ email: user.email, password: 'secret-secret' });
    api.expire();
    expect(await Promise.all([me(account), me(account), me(account)])).toEqual(['Ada', 'Ada', 'Ada']);
    expect(api.called.filter((path) => path === '/auth/refresh')).toHaveLength(1);
  });

  it('in two tabs at once signs neither of them out', async () => {
    const { store, tab } = browser();
    store.write({ refreshToken: api.signIn().refreshToken, userId: user.id });
    const [one, two] = [tab(), tab()];
    await Promise.all([one.start(), two.start()]);
    api.expire();
    expect(await Promise.all([me(one), me(two)])).toEqual(['Ada', 'Ada']);
    expect([one.state.name, two.state.name]).toEqual(['signed-in', 'signed-in']);
  });

  it('signs out where the login is refused too', async () => {
    const { store, tab } = browser();
    const account = tab();
    await account.login({ email: user.email, password: 'secret-secret' });
    api.expire();
    store.write({ refreshToken: 'revoked', userId: user.id });
    await expect(me(account)).rejects.toMatchObject({ status: 401 });
    expect(account.state.name).toBe('signed-out');
    expect(store.read()).toBeNull();
  });

  it('does not sign out where nobody answers', async () => {
    const { store, tab } = browser();
    const account = tab();
    await account.login({ email: user.email, password: 'secret-secret' });
    api.failNext(1);
    await expect(me(account)).rejects.toMatchObject({ status: 503, passing: true });
    expect(account.state.name).toBe('signed-in');
    expect(store.read()).not.toBeNull();
  });
});
