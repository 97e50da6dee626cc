import type { AddressInfo } from 'node:net';

/** A server that tells whether the process lives and whether it can do its work. */
export interface Health {
  port: number;
  close(): Promise<void>;
}

/**
 * Serves `GET /live` (200 while the process answers at all) and `GET /ready` (200, or 503 while `ready` says no or
 * throws). On loopback unless told otherwise; port 0 takes a free one. Rejects where the port is taken.
 */
export async function startHealth(options: {
  port: number;
  host?: string;
  ready: () => boolean | Promise<boolean>;
}): Promise<Health> {
  // Loaded where it is needed: it costs every process that serves no health some 9 MB.
  const { createServer } = await import('node:http');
  const isReady = async (): Promise<boolean> => {
    try {
      return await options.ready();
    } catch {
      return false;
    }
  };
  const answer = async (method: string | undefined, path: string | undefined): Promise<[number, string]> => {
    if (path !== '/live' && path !== '/ready') return [404, 'not found'];
    if (method !== 'GET' && method !== 'HEAD') return [405, 'method not allowed'];
    if (path === '/live') return [200, 'live'];
    return (await isReady()) ? [200, 'ready'] : [503, 'not ready'];
  };
  const server = createServer(async (request, response) => {
    const [code, status] = await answer(request.method, request.url?.split('?', 1)[0]);
    response.writeHead(code, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify({ status }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host ?? '127.0.0.1', () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
