import fastifyCookie from '@fastify/cookie';
import { limits, openApiDocument, SemibotError } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { addCallContext, inCallContext } from './call-context.ts';
import { errorOf, sendFailure } from './envelope.ts';
import { addHealthRoutes } from './health-routes.ts';
import { addPage } from './page.ts';
import { addSecurityHeaders } from './security-headers.ts';

export interface ServerOptions {
  logger: Logger;
  pageDir: string;
  /** Proxies whose X-Forwarded headers are believed, as Fastify takes them. */
  trustProxy: string | false;
  isReady: () => boolean;
  /** Adds what is below `/api/v1`. */
  addApi: (api: FastifyInstance) => void;
}

const API = '/api/v1';
const API_VERSION = '0.1.0';

/** The public port: the API, the page and the health of the relay. Not listening yet. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const app = fastify({
    // Fastify keeps a logger a request where it has one; requests are logged below.
    logger: false,
    bodyLimit: limits.HTTP_BODY_MAX_BYTES,
    trustProxy: options.trustProxy,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    // What the router itself refuses, before any hook.
    frameworkErrors: (thrown, request, reply) => void sendFailure(reply, errorOf(thrown), request.language),
  });
  const fail = (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const error = errorOf(thrown);
    if (error.status >= 500)
      inCallContext(request, () =>
        options.logger.error({ err: thrown, path: request.routeOptions.url }, 'request failed'),
      );
    return sendFailure(reply, error, request.language);
  };
  app.setErrorHandler(fail);
  addCallContext(app);
  addSecurityHeaders(app);
  await app.register(fastifyCookie);
  takeJsonBodies(app);
  addHealthRoutes(app, options.isReady);
  const sendPage = await addPage(app, options.pageDir);
  app.setNotFoundHandler((request, reply) => {
    const isPage = request.method === 'GET' && !request.url.startsWith('/api/');
    if (isPage) return sendPage(request, reply);
    return fail(new SemibotError('NOT_FOUND'), request, reply);
  });
  const openApi = openApiDocument(API_VERSION);
  await app.register(
    async (api) => {
      api.get('/openapi.json', () => openApi);
      options.addApi(api);
    },
    { prefix: API },
  );
  return app;
}

/** JSON and nothing else; an empty body is none. */
function takeJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    if (body === '') return done(null, undefined);
    try {
      done(null, JSON.parse(body.toString()));
    } catch (cause) {
      done(
        new SemibotError('VALIDATION_FAILED', {
          details: [{ path: 'body', problem: 'is not JSON' }],
          cause,
        }),
      );
    }
  });
}
