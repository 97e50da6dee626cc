import { createHash, randomBytes } from 'node:crypto';
import { type Identity, limits } from '@semibot/protocol';
import jwt from 'jsonwebtoken';

/** An access token for people: claims {sub, org, role, login}, audience `semibot:api`. */
export const signAccessToken = (identity: Identity, secret: string): string =>
  jwt.sign({ org: identity.orgId, role: identity.role, login: identity.loginId }, secret, {
    algorithm: 'HS256',
    audience: 'semibot:api',
    subject: identity.userId,
    expiresIn: limits.ACCESS_TOKEN_LIFETIME_S,
  });

const SECRET_BYTES = 32;

/** A refresh token: `<login id>.<random>`; only the hash of the whole is kept. */
export const newRefreshToken = (loginId: string): string =>
  `${loginId}.${randomBytes(SECRET_BYTES).toString('base64url')}`;

export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest();
