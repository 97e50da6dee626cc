import type { Bus } from '@semibot/bus';
import { SemibotError } from '@semibot/protocol';
import { type Claim, takeReturn, useTicket, whyRefused } from '../store/admissions.ts';
import type { Database } from '../store/database.ts';
import { verifyAccessToken } from './access-token.ts';
import { type Admission, refusal } from './admission.ts';
import { currentIdentity } from './current-identity.ts';
import type { AuthorizationRequest } from './nats-jwt.ts';
import { isSignedBy } from './nkey.ts';
import { hashTicket } from './vm-ticket.ts';
import { type VmClaims, verifyVmToken } from './vm-token.ts';

interface Door {
  db: Database;
  /** The services' side of the bus, where chat is asked. */
  app: Bus;
  jwtSecret: string;
}

/**
 * Decides on one who wants onto the bus: a runtime, a person, or nobody. A runtime's token never passes for a
 * person's, nor a person's for a runtime's: each is looked for under its own audience alone.
 */
export async function admit(door: Door, request: AuthorizationRequest): Promise<Admission> {
  const token = attempt(() => verifyVmToken(request.token, door.jwtSecret));
  if (token.value) return await admitRuntime(door.db, request, token.value);
  // The nats CLI sends `--token` as the token, and what is given with `--user` as the password.
  const shown = request.token || request.pass;
  const access = attempt(() => verifyAccessToken(shown, door.jwtSecret));
  if (access.value) return await admitPerson(door.app, access.value);
  return refusal('not known', shown ? `no token of ours: ${access.error}` : 'nothing was shown');
}

/**
 * The first to come with a ticket uses it up and binds its nkey; after that only this nkey comes back, with the same
 * ticket, until the next bootstrap.
 */
async function admitRuntime(
  db: Database,
  request: AuthorizationRequest,
  { expiresAt, ...claims }: VmClaims & { expiresAt: Date },
): Promise<Admission> {
  // The server passes on what the client sent and does not look at it: whether it has the key is for us to check.
  if (!request.nonce || !isSignedBy(request.nkey, request.nonce, request.signature))
    return refusal('nkey refused', 'the nonce is not signed by the nkey', claims);
  const connection = { serverId: request.serverId, connectionId: String(request.connectionId) };
  const claim: Claim = {
    ...claims,
    tokenExpiresAt: expiresAt,
    ticketHash: hashTicket(request.pass),
    nkey: request.nkey,
    connection,
  };
  if (await useTicket(db, claim)) return { as: 'runtime', claims, connection, returned: false };
  if (await takeReturn(db, claim)) return { as: 'runtime', claims, connection, returned: true };
  return refusal('ticket refused', await whyRefused(db, claim), claims);
}

/** Chat knows whether the sign-in still holds. Throws where it cannot be asked. */
async function admitPerson(
  app: Bus,
  { identity, expiresAt }: ReturnType<typeof verifyAccessToken>,
): Promise<Admission> {
  const { userId } = identity;
  try {
    await currentIdentity(app, identity);
  } catch (error) {
    if (SemibotError.from(error).code !== 'AUTH_TOKEN_INVALID') throw error;
    return refusal('not known', 'the sign-in was revoked', { userId });
  }
  return { as: 'person', userId, expiresAt };
}

function attempt<T>(work: () => T): { value: T; error?: never } | { value?: never; error: string } {
  try {
    return { value: work() };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
