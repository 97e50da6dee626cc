import { limits, type RouteDefinition, SESSION_COOKIE } from '@semibot/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';

const signedIn = z.object({ accessToken: z.string() });

/** Does to the session cookie what the route says: puts the new access token into it, or takes it away. */
export function applyCookie(
  route: RouteDefinition,
  data: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const settings = {
    httpOnly: true,
    sameSite: 'lax',
    path: '/',
    secure: request.protocol === 'https',
  } as const;
  if (route.cookie === 'clear') reply.clearCookie(SESSION_COOKIE, settings);
  if (route.cookie === 'set')
    reply.setCookie(SESSION_COOKIE, signedIn.parse(data).accessToken, {
      ...settings,
      maxAge: limits.ACCESS_TOKEN_LIFETIME_S,
    });
}
