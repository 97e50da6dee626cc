import { type Bus, callRoute } from '@semibot/bus';
import { type Identity, ROUTES } from '@semibot/protocol';

/** Within the time that the auth callout has. */
const ASK_CHAT_MS = 1_500;

/**
 * Who a token is for, with the role of now: chat knows the sign-ins. Throws AUTH_TOKEN_INVALID where the sign-in was
 * revoked, SERVICE_UNAVAILABLE where chat is away.
 */
export async function currentIdentity(app: Bus, identity: Identity): Promise<Identity> {
  const { data } = await callRoute(app, ROUTES.auth.me, { identity, timeoutMs: ASK_CHAT_MS });
  return { ...identity, role: data.role };
}
