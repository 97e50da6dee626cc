import type { Connection } from '../domain/instance.ts';
import { type Claim, takeReturn, useTicket, whyRefused } from '../store/admissions.ts';
import type { Database } from '../store/database.ts';
import type { AuthorizationRequest } from './nats-jwt.ts';
import { isSignedBy } from './nkey.ts';
import { hashTicket } from './vm-ticket.ts';
import { type VmClaims, verifyVmToken } from './vm-token.ts';

/** Let in with these claims, or turned away: `reason` is for the log, `answer` for the one at the door. */
export type Admission =
  | { admitted: true; claims: VmClaims; connection: Connection; returned: boolean }
  | { admitted: false; answer: string; reason: string; userId: string | null; instanceId: string | null };

const refused = (answer: string, reason: string, claims?: VmClaims): Admission => ({
  admitted: false,
  answer,
  reason,
  userId: claims?.userId ?? null,
  instanceId: claims?.instanceId ?? null,
});

/**
 * Decides on one who wants onto the bus: a runtime with its token (`auth_token`), ticket (`pass`) and nkey, or nobody.
 * The first to come with a ticket uses it up and binds its nkey; after that only this nkey comes back, with the same
 * ticket, until the next bootstrap.
 */
export async function admit(db: Database, request: AuthorizationRequest, secret: string): Promise<Admission> {
  let token: ReturnType<typeof verifyVmToken>;
  try {
    token = verifyVmToken(request.token, secret, Date.now());
  } catch (error) {
    return refused('not known', error instanceof Error ? error.message : String(error));
  }
  const { expired, ...claims } = token;
  // The server passes on what the client sent and does not look at it: whether it has the key is for us to check.
  if (!request.nonce || !isSignedBy(request.nkey, request.nonce, request.signature))
    return refused('nkey refused', 'the nonce is not signed by the nkey', claims);
  const connection = { serverId: request.serverId, connectionId: String(request.connectionId) };
  const claim: Claim = { ...claims, ticketHash: hashTicket(request.pass), nkey: request.nkey, connection };

  // A token's time counts for those who come first. A process that is bound already comes back with its nkey whatever
  // the token's age: it cannot get a newer one while the bus is away, and an outage longer than a token must not end
  // its runs. The next bootstrap unbinds the nkey, which shuts it out.
  if (!expired && (await useTicket(db, claim)))
    return { admitted: true, claims, connection, returned: false };
  if (await takeReturn(db, claim)) return { admitted: true, claims, connection, returned: true };
  return refused('ticket refused', await whyRefused(db, claim), claims);
}
