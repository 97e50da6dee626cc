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

/** What a token says and whether its time is over; throws on one that was never good. */
export function verifyVmToken(token: string, secret: string, now: number): VmClaims & { expired: boolean } {
  const payload = jwt.verify(token, secret, {
    algorithms: [ALGORITHM],
    audience: AUDIENCE,
    ignoreExpiration: true,
  });
  const { exp, ...claims } = claimsSchema.extend({ exp: z.int() }).parse(payload);
  return { ...claims, expired: exp * 1000 <= now };
}
