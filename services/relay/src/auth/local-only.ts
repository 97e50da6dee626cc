import { isIPv4 } from 'node:net';
import { SemibotError } from '@semibot/protocol';
import type { FastifyRequest } from 'fastify';

const LOCAL_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

/** A loopback address, also one that a socket for IPv6 tells of IPv4. */
export function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || (isIPv4(plain) && plain.startsWith('127.'));
}

/** A `Host` header, or an origin's host, that names this machine: another name that leads here is DNS rebinding. */
export function isLocalHost(host: string | undefined): boolean {
  if (host === undefined) return false;
  return LOCAL_NAMES.has(host.replace(/:\d+$/, '').toLowerCase());
}

const hostOf = (origin: string): string | undefined =>
  URL.canParse(origin) ? new URL(origin).host : undefined;

/**
 * Lets a request pass that a program or page of this very machine sent, with no proxy between; throws NOT_FOUND for
 * any other, as if the route were not there.
 */
export function requireLocal(request: FastifyRequest): void {
  const { host, origin, forwarded } = request.headers;
  const isDirect = forwarded === undefined && request.headers['x-forwarded-for'] === undefined;
  const isOwnPage = origin === undefined || isLocalHost(hostOf(origin));
  if (isDirect && isOwnPage && isLocalHost(host) && isLoopback(request.socket.remoteAddress)) return;
  throw new SemibotError('NOT_FOUND');
}
