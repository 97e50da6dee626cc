import { SemibotError } from '@semibot/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

const WINDOW_S = 60;

export interface RateLimitOptions {
  /** Requests a minute; 0 sets no limit. */
  userPerMinute: number;
  organizationPerMinute: number;
  loginPerMinute: number;
}

/** How often someone may ask this relay. Each throws RATE_LIMITED, with Retry-After, where that is passed. */
export interface RateLimits {
  /** By the caller: the user and the organization. */
  countCaller(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  /** By the caller's address, for sign-ins. */
  countLogin(request: FastifyRequest, reply: FastifyReply): Promise<void>;
}

export function createRateLimits(options: RateLimitOptions): RateLimits {
  const limiter = (keyPrefix: string, points: number) =>
    points === 0 ? null : new RateLimiterMemory({ keyPrefix, points, duration: WINDOW_S });
  const byUser = limiter('user', options.userPerMinute);
  const byOrganization = limiter('organization', options.organizationPerMinute);
  const byAddress = limiter('login', options.loginPerMinute);

  async function count(limiter: RateLimiterMemory | null, key: string, reply: FastifyReply): Promise<void> {
    try {
      await limiter?.consume(key);
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      reply.header('Retry-After', Math.max(1, Math.ceil(refused.msBeforeNext / 1000)));
      throw new SemibotError('RATE_LIMITED');
    }
  }

  return {
    async countCaller({ caller }, reply) {
      if (!caller) return;
      await count(byUser, caller.identity.userId, reply);
      await count(byOrganization, caller.identity.orgId, reply);
    },
    countLogin: (request, reply) => count(byAddress, request.ip, reply),
  };
}
