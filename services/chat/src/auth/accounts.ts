import { newId, SemibotError } from '@semibot/protocol';
import argon2 from 'argon2';
import type { Database } from '../database/database.ts';
import type { UserRow } from '../database/tables.ts';

/** PostgreSQL's code for a unique index that would be broken. */
const UNIQUE_VIOLATION = '23505';

interface NewAccount {
  email: string;
  /** Null for the local owner, who has none. */
  password: string | null;
  name: string;
  orgName: string;
}

/** Makes an organization with its owner; EMAIL_TAKEN where the email is in use. */
export async function createAccount(db: Database, account: NewAccount): Promise<UserRow> {
  const passwordHash = account.password === null ? null : await argon2.hash(account.password);
  try {
    return await db.transaction().execute(async (tx) => {
      const org = await tx
        .insertInto('organizations')
        .values({ id: newId(), name: account.orgName })
        .returning('id')
        .executeTakeFirstOrThrow();
      const user = await tx
        .insertInto('users')
        .values({
          id: newId(),
          org_id: org.id,
          email: account.email,
          name: account.name,
          role: 'owner',
          password_hash: passwordHash,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      await tx.insertInto('runtime_channels').values({ user_id: user.id }).execute();
      return user;
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION)
      throw new SemibotError('EMAIL_TAKEN', { cause: error });
    throw error;
  }
}

const userByEmail = (db: Database, email: string): Promise<UserRow | undefined> =>
  db
    .selectFrom('users')
    .selectAll()
    .where((eb) => eb(eb.fn('lower', ['email']), '=', email.toLowerCase()))
    .where('deleted_at', 'is', null)
    .executeTakeFirst();

let anyHash: Promise<string> | undefined;

/** The user with this email and password; AUTH_INVALID_CREDENTIALS, after the same work, for any other. */
export async function checkPassword(db: Database, email: string, password: string): Promise<UserRow> {
  const user = await userByEmail(db, email);
  anyHash ??= argon2.hash('nobody has this password');
  const matches = await argon2.verify(user?.password_hash ?? (await anyHash), password);
  if (!user?.password_hash || !matches) throw new SemibotError('AUTH_INVALID_CREDENTIALS');
  return user;
}

const LOCAL_EMAIL = 'owner@localhost';

/** The one person at this machine; made at the first sign-in. */
export async function localOwner(db: Database): Promise<UserRow> {
  const found = await userByEmail(db, LOCAL_EMAIL);
  if (found) return found;
  try {
    return await createAccount(db, { email: LOCAL_EMAIL, password: null, name: 'Owner', orgName: 'Local' });
  } catch (error) {
    // Two tabs came first at the same time.
    const other = await userByEmail(db, LOCAL_EMAIL);
    if (other) return other;
    throw error;
  }
}
