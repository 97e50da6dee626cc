import { createSecretKey, type KeyObject } from 'node:crypto';
import { type Identity, identitySchema, idSchema, SemibotError } from '@semibot/protocol';
import jwt from 'jsonwebtoken';
import { z } from 'zod';

/** Who a token is for, and until when. */
export interface Caller {
  identity: Identity;
  /** When the token ends, in milliseconds since 1970. */
  expiresAt: number;
}

const claimsSchema = z.object({
  sub: idSchema,
  org: idSchema,
  role: identitySchema.shape.role,
  login: idSchema,
  exp: z.int(),
});

/** The key that people's tokens are signed with. */
export const tokenKey = (secret: string): KeyObject => createSecretKey(secret, 'utf8');

/** Checks a person's access token; throws AUTH_TOKEN_INVALID for any other, a runtime's too. */
export function readAccessToken(token: string, key: KeyObject): Caller {
  try {
    const claims = claimsSchema.parse(
      jwt.verify(token, key, { algorithms: ['HS256'], audience: 'semibot:api' }),
    );
    return {
      identity: { userId: claims.sub, orgId: claims.org, role: claims.role, loginId: claims.login },
      expiresAt: claims.exp * 1000,
    };
  } catch (cause) {
    throw new SemibotError('AUTH_TOKEN_INVALID', { cause });
  }
}
