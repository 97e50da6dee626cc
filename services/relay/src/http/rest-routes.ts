import type { KeyObject } from 'node:crypto';
import { type Bus, callRoute } from '@semibot/bus';
import { httpRoutes, ROUTES, type RouteDefinition } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { authenticate } from '../auth/authenticate.ts';
import { requireLocal } from '../auth/local-only.ts';
import { inCallContext } from './call-context.ts';
import { check } from './check.ts';
import { sendSuccess } from './envelope.ts';
import type { RateLimits } from './rate-limits.ts';
import { applyCookie } from './session-cookie.ts';

export interface RestOptions {
  bus: Bus;
  logger: Logger;
  tokenKey: KeyObject;
  rateLimits: RateLimits;
  /** Whether the local owner may sign in without a password. */
  local: boolean;
}

const idempotencyKeySchema = z.string().min(1).max(200).optional();

/** Serves every route of the protocol that a service answers: checks the request, asks over the bus, answers. */
export function addRestRoutes(app: FastifyInstance, options: RestOptions): void {
  const { local } = ROUTES.auth;
  for (const route of httpRoutes) {
    if (route.service === 'relay') continue;
    if (route.path === local.path && !options.local) continue;
    app.route({
      method: route.method,
      url: route.path,
      onRequest: async (request, reply) => {
        if (route.path === local.path) requireLocal(request);
        if (route.limited === 'login') await options.rateLimits.countLogin(request, reply);
        request.caller = authenticate(request, route.access, options.tokenKey);
        await options.rateLimits.countCaller(request, reply);
      },
      handler: (request, reply) =>
        inCallContext(request, async () => {
          const result = await callRoute(options.bus, route, callOf(route, request));
          applyCookie(route, result.data, request, reply);
          return sendSuccess(reply, route, result);
        }),
      onResponse: async (request, reply) =>
        inCallContext(request, () =>
          options.logger.info(
            {
              method: route.method,
              path: route.path,
              status: reply.statusCode,
              ms: Math.round(reply.elapsedTime),
            },
            'request',
          ),
        ),
    });
  }
}

/** The call that a request stands for. */
function callOf(route: RouteDefinition, request: FastifyRequest) {
  const key = check(idempotencyKeySchema, request.headers['idempotency-key'], 'Idempotency-Key');
  return {
    identity: request.caller?.identity ?? null,
    params: check(route.params, request.params, 'params'),
    query: check(route.query, request.query, 'query'),
    // A route that takes no body lets one pass unread: some clients always send `{}`.
    body: route.body instanceof z.ZodUndefined ? undefined : check(route.body, request.body, 'body'),
    language: request.language,
    trace: request.trace,
    ...(key === undefined ? {} : { idempotencyKey: key }),
  };
}
