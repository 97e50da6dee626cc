import type { KeyObject } from 'node:crypto';
import { type RouteDefinition, SESSION_COOKIE, SemibotError } from '@semibot/protocol';
import type { FastifyRequest } from 'fastify';
import { type Caller, readAccessToken } from './access-token.ts';

const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]+)$/i;

function tokenOf(request: FastifyRequest, access: RouteDefinition['access']): string | undefined {
  const { authorization } = request.headers;
  if (authorization !== undefined) return BEARER.exec(authorization)?.[1] ?? '';
  return access === 'cookie' ? request.cookies[SESSION_COOKIE] : undefined;
}

/**
 * Who calls, as the access token says: in the Authorization header, or in the session cookie for routes that take it.
 * Null for public routes. Throws AUTH_REQUIRED and AUTH_TOKEN_INVALID.
 */
export function authenticate(
  request: FastifyRequest,
  access: RouteDefinition['access'],
  key: KeyObject,
): Caller | null {
  if (access === 'public') return null;
  const token = tokenOf(request, access);
  if (token === undefined) throw new SemibotError('AUTH_REQUIRED');
  return readAccessToken(token, key);
}
