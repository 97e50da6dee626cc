import { type Language, ROUTES, type RouteDefinition, type User } from '@semibot/protocol';
import { type Caller, callRoute, type RouteAnswer, type RouteInput } from './call-route.ts';
import { persist } from './persist.ts';
import { RequestFailure } from './request-failure.ts';
import type { LoginStore } from './stored-login.ts';

export type AccountState =
  | { name: 'starting' }
  /** Nobody answers; it is tried again by itself. */
  | { name: 'unreachable' }
  /** `local`: this install signs its owner in without a password. */
  | { name: 'signed-out'; local: boolean }
  | { name: 'signed-in'; user: User };

export interface Account {
  readonly state: AccountState;
  subscribe(listener: () => void): () => void;
  /** Signs in by what is there: the stored login, or the local owner's. Tries for ever while nobody answers. */
  start(): Promise<void>;
  login(input: { email: string; password: string }): Promise<void>;
  register(input: { email: string; password: string; name: string; orgName: string }): Promise<void>;
  loginLocally(): Promise<void>;
  logout(): Promise<void>;
  /** Calls a route as who is signed in. An access token that ran out is renewed once and the call repeated. */
  call<R extends RouteDefinition>(route: R, input?: RouteInput<R>): Promise<RouteAnswer<R>>;
  /** The same for any work that needs an access token. */
  authorized<T>(work: (caller: Caller) => Promise<T>): Promise<T>;
  close(): void;
}

export interface AccountOptions {
  store: LoginStore;
  language: () => Language;
  /** Runs work while no other tab does: a refresh token is good for one use. */
  exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  /** Called when another tab has signed somebody else in: what this page holds is not theirs. */
  onOtherUser: () => void;
}

type SignedIn = RouteAnswer<typeof ROUTES.auth.login>['data'];

/** Who is signed in on this page, and calls on their behalf. */
export function createAccount(options: AccountOptions): Account {
  const { store, language } = options;
  const closing = new AbortController();
  const listeners = new Set<() => void>();
  let state: AccountState = { name: 'starting' };
  let accessToken: string | null = null;
  let local = false;
  let renewing: Promise<void> | null = null;

  const become = (next: AccountState) => {
    state = next;
    for (const listener of listeners) listener();
  };
  const adopt = ({ user, accessToken: access, refreshToken }: SignedIn) => {
    accessToken = access;
    store.write({ refreshToken, userId: user.id });
    if (state.name !== 'signed-in' || state.user.id !== user.id) become({ name: 'signed-in', user });
  };
  const leave = () => {
    accessToken = null;
    become({ name: 'signed-out', local });
  };
  const anonymously = async <R extends RouteDefinition>(route: R, input: RouteInput<R>) =>
    (await callRoute(route, input, { accessToken: null, language: language() })).data;

  /** With the stored login. False where there is none, or it is refused. */
  const refresh = async (): Promise<boolean> => {
    const stored = store.read();
    if (!stored) return false;
    try {
      adopt(await anonymously(ROUTES.auth.refresh, { body: { refreshToken: stored.refreshToken } }));
      return true;
    } catch (thrown) {
      const failure = RequestFailure.from(thrown);
      if (failure.passing) throw failure;
      // Another tab may have used the token up meanwhile, and stored the next one.
      const next = store.read();
      return next !== null && next.refreshToken !== stored.refreshToken ? refresh() : false;
    }
  };
  const enterLocally = async (): Promise<boolean> => {
    try {
      adopt(await anonymously(ROUTES.auth.local, {}));
      local = true;
      return true;
    } catch (thrown) {
      const failure = RequestFailure.from(thrown);
      if (failure.passing) throw failure;
      return false;
    }
  };
  const renew = (): Promise<void> => {
    renewing ??= options
      .exclusively(async () => {
        if ((await refresh()) || (await enterLocally())) return;
        store.write(null);
        leave();
      })
      .finally(() => {
        renewing = null;
      });
    return renewing;
  };

  const authorized = async <T>(work: (caller: Caller) => Promise<T>): Promise<T> => {
    const used = accessToken;
    try {
      return await work({ accessToken: used, language: language() });
    } catch (thrown) {
      const failure = RequestFailure.from(thrown);
      if (failure.status !== 401 || state.name === 'signed-out') throw failure;
      if (accessToken === used) await renew();
      if (accessToken === null) throw failure;
      return work({ accessToken, language: language() });
    }
  };

  const forget = store.onChange(() => {
    if (state.name !== 'signed-in') return;
    const stored = store.read();
    if (!stored) leave();
    else if (stored.userId !== state.user.id) options.onOtherUser();
  });

  return {
    get state() {
      return state;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start: () => persist(renew, { signal: closing.signal, onWait: () => become({ name: 'unreachable' }) }),
    login: async (body) => adopt(await anonymously(ROUTES.auth.login, { body })),
    register: async (body) => adopt(await anonymously(ROUTES.auth.register, { body })),
    loginLocally: async () => adopt(await anonymously(ROUTES.auth.local, {})),
    logout: async () => {
      await authorized((caller) => callRoute(ROUTES.auth.logout, {}, caller)).catch(() => null);
      store.write(null);
      leave();
    },
    call: (route, input = {}) => authorized((caller) => callRoute(route, input, caller)),
    authorized,
    close: () => {
      closing.abort();
      forget();
    },
  };
}
