import { type Endpoint, endpoint } from '@semibot/bus';
import { ROUTES, SemibotError } from '@semibot/protocol';
import type { Context } from '../context.ts';
import { checkPassword, createAccount, localOwner } from './accounts.ts';
import { requireIdentity } from './require-identity.ts';
import { refreshSignIn, signIn, toUser } from './sign-in.ts';

export const authEndpoints = ({ db, config }: Context): Endpoint[] => [
  endpoint(ROUTES.auth.register, async ({ body }) => ({
    data: await signIn(db, await createAccount(db, body), config.JWT_SECRET),
  })),
  endpoint(ROUTES.auth.login, async ({ body }) => ({
    data: await signIn(db, await checkPassword(db, body.email, body.password), config.JWT_SECRET),
  })),
  endpoint(ROUTES.auth.refresh, async ({ body }) => ({
    data: await refreshSignIn(db, body.refreshToken, config.JWT_SECRET),
  })),
  endpoint(ROUTES.auth.logout, async (call) => {
    const { loginId } = await requireIdentity(db, call.identity);
    await db.updateTable('logins').set({ revoked_at: new Date() }).where('id', '=', loginId).execute();
    return { data: null };
  }),
  endpoint(ROUTES.auth.local, async () => {
    if (config.SEMIBOT_LOCAL !== '1') throw new SemibotError('NOT_FOUND');
    return { data: await signIn(db, await localOwner(db), config.JWT_SECRET) };
  }),
  endpoint(ROUTES.auth.me, async (call) => {
    const { userId } = await requireIdentity(db, call.identity);
    const user = await db.selectFrom('users').selectAll().where('id', '=', userId).executeTakeFirstOrThrow();
    return { data: toUser(user) };
  }),
];
