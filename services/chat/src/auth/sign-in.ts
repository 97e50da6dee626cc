import { timingSafeEqual } from 'node:crypto';
import { idSchema, limits, newId, SemibotError, type User } from '@semibot/protocol';
import { sql } from 'kysely';
import type { Database, Reader } from '../database/database.ts';
import type { UserRow } from '../database/tables.ts';
import { hashToken, newRefreshToken, signAccessToken } from './tokens.ts';

export interface SignedIn {
  user: User;
  accessToken: string;
  refreshToken: string;
}

/** A refresh token that was just replaced still counts for so long: its answer may have been lost on the way. */
const PREVIOUS_TOKEN_GRACE_MS = 60_000;

export const toUser = (row: UserRow): User => ({
  id: row.id,
  orgId: row.org_id,
  email: row.email,
  name: row.name,
  role: row.role,
  createdAt: row.created_at.toISOString(),
});

const expiry = (): Date => new Date(Date.now() + limits.REFRESH_TOKEN_LIFETIME_S * 1000);

function signedIn(user: UserRow, loginId: string, refreshToken: string, secret: string): SignedIn {
  const identity = { userId: user.id, orgId: user.org_id, role: user.role, loginId };
  return { user: toUser(user), accessToken: signAccessToken(identity, secret), refreshToken };
}

/** Begins a sign-in of this user. */
export async function signIn(db: Reader, user: UserRow, secret: string): Promise<SignedIn> {
  const loginId = newId();
  const refreshToken = newRefreshToken(loginId);
  await db
    .insertInto('logins')
    .values({ id: loginId, user_id: user.id, refresh_hash: hashToken(refreshToken), expires_at: expiry() })
    .execute();
  return signedIn(user, loginId, refreshToken, secret);
}

/**
 * Takes a refresh token for a new pair. A token that was replaced before and comes again after the grace has been
 * stolen, or its thief has: the whole sign-in is revoked.
 */
export async function refreshSignIn(db: Database, refreshToken: string, secret: string): Promise<SignedIn> {
  const refused = new SemibotError('AUTH_TOKEN_INVALID');
  const loginId = idSchema.safeParse(refreshToken.split('.')[0]);
  if (!loginId.success) throw refused;
  const result = await db.transaction().execute(async (tx) => {
    const login = await tx
      .selectFrom('logins')
      .selectAll()
      .where('id', '=', loginId.data)
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', sql<Date>`now()`)
      .forUpdate()
      .executeTakeFirst();
    if (!login) return null;
    const given = hashToken(refreshToken);
    const isCurrent = timingSafeEqual(given, login.refresh_hash);
    const isPrevious = login.previous_hash !== null && timingSafeEqual(given, login.previous_hash);
    const inGrace = Date.now() - login.rotated_at.getTime() < PREVIOUS_TOKEN_GRACE_MS;
    if (!isCurrent && !(isPrevious && inGrace)) {
      if (isPrevious)
        await tx.updateTable('logins').set({ revoked_at: new Date() }).where('id', '=', login.id).execute();
      return null;
    }
    const user = await tx
      .selectFrom('users')
      .selectAll()
      .where('id', '=', login.user_id)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    if (!user) return null;
    const next = newRefreshToken(login.id);
    await tx
      .updateTable('logins')
      .set({
        refresh_hash: hashToken(next),
        previous_hash: isCurrent ? login.refresh_hash : login.previous_hash,
        rotated_at: new Date(),
        expires_at: expiry(),
      })
      .where('id', '=', login.id)
      .execute();
    return signedIn(user, login.id, next, secret);
  });
  if (!result) throw refused;
  return result;
}
