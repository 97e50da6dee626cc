import type { FastifyInstance } from 'fastify';

/** `GET /live`: the process answers. `GET /ready`: it can do its work, 503 otherwise. */
export function addHealthRoutes(app: FastifyInstance, isReady: () => boolean): void {
  app.get('/live', (_request, reply) => reply.header('Cache-Control', 'no-store').send({ status: 'live' }));
  app.get('/ready', (_request, reply) => {
    const ready = isReady();
    return reply
      .code(ready ? 200 : 503)
      .header('Cache-Control', 'no-store')
      .send({ status: ready ? 'ready' : 'not ready' });
  });
}
