import { idSchema, limits } from '@semibot/protocol';
import jwt from 'jsonwebtoken';
import { z } from 'zod';

/** Tells a runtime's token from a person's: one never passes for the other. */
const AUDIENCE = 'semibot:vm';
const ALGORITHM = 'HS256';

const claimsSchema = z.object({ userId: idSchema, orgId: idSchema, instanceId: idSchema });
/** Whose runtime it is. */
export type VmClaims = z.infer<typeof claimsSchema>;

/** A runtime's token, good for VM_TOKEN_LIFETIME_S. */
export function signVmToken(claims: VmClaims, secret: string): string {
  return jwt.sign(claims, secret, {
    algorithm: ALGORITHM,
    audience: AUDIENCE,
    expiresIn: limits.VM_TOKEN_LIFETIME_S,
  });
}

/** What a token says and until when it is good; throws on one that never was. */
export function verifyVmToken(token: string, secret: string): VmClaims & { expiresAt: Date } {
  const payload = jwt.verify(token, secret, {
    algorithms: [ALGORITHM],
    audience: AUDIENCE,
    ignoreExpiration: true,
  });
  const { exp, ...claims } = claimsSchema.extend({ exp: z.int() }).parse(payload);
  return { ...claims, expiresAt: new Date(exp * 1000) };
}
