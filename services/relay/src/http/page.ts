import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const NOT_BUILT =
  'The page is not built. Run `npm run build` in the folder of Semibot and start the relay again.\n' +
  'The API is at /api/v1, its description at /api/v1/openapi.json.\n';

/** Files with a hash of their content in their name never change. */
const IMMUTABLE = 'public, max-age=31536000, immutable';
/** Everything else is asked for again, and answered with 304 where it is the same. */
const REVALIDATE = 'no-cache';

/** Answers a GET for a path that is no file and no part of the API: the page itself finds out what it means. */
export type SendPage = (request: FastifyRequest, reply: FastifyReply) => FastifyReply;

/** Serves the built page from its folder. Gives how to answer for the page's own paths. */
export async function addPage(app: FastifyInstance, dir: string): Promise<SendPage> {
  if (!existsSync(join(dir, 'index.html')))
    return (_request, reply) => reply.code(404).type('text/plain; charset=utf-8').send(NOT_BUILT);
  const assets = join(dir, 'assets') + sep;
  await app.register(fastifyStatic, {
    root: dir,
    cacheControl: false,
    setHeaders: (reply, path) => {
      reply.header('Cache-Control', path.startsWith(assets) ? IMMUTABLE : REVALIDATE);
    },
  });
  return (_request, reply) => reply.sendFile('index.html');
}
