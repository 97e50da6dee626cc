import { type Identity, SemibotError } from '@semibot/protocol';
import type { Reader } from '../database/database.ts';

/** Whose call it is; AUTH_REQUIRED for nobody's, AUTH_TOKEN_INVALID where the sign-in was revoked. */
export async function requireIdentity(db: Reader, identity: Identity | null): Promise<Identity> {
  if (!identity) throw new SemibotError('AUTH_REQUIRED');
  const login = await db
    .selectFrom('logins')
    .innerJoin('users', 'users.id', 'logins.user_id')
    .select('users.role')
    .where('logins.id', '=', identity.loginId)
    .where('logins.user_id', '=', identity.userId)
    .where('users.org_id', '=', identity.orgId)
    .where('logins.revoked_at', 'is', null)
    .where('users.deleted_at', 'is', null)
    .executeTakeFirst();
  if (!login) throw new SemibotError('AUTH_TOKEN_INVALID');
  // The role of now, not of when the token was made.
  return { ...identity, role: login.role };
}
