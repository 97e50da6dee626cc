import { type Identity, identitySchema, idSchema } from '@semibot/protocol';
import jwt from 'jsonwebtoken';
import { z } from 'zod';

/** Tells a person's token from a runtime's: one never passes for the other. */
const AUDIENCE = 'semibot:api';

const claimsSchema = z.object({
  sub: idSchema,
  org: idSchema,
  role: identitySchema.shape.role,
  login: idSchema,
  exp: z.int(),
});

/** Whose access token it is and until when it is good; throws on any other, a runtime's too. */
export function verifyAccessToken(token: string, secret: string): { identity: Identity; expiresAt: Date } {
  const claims = claimsSchema.parse(jwt.verify(token, secret, { algorithms: ['HS256'], audience: AUDIENCE }));
  return {
    identity: { userId: claims.sub, orgId: claims.org, role: claims.role, loginId: claims.login },
    expiresAt: new Date(claims.exp * 1000),
  };
}
