import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the ports that systems give to outgoing connections: a part that is down must find its port free when it
 * comes back, and its clients, trying again and again, must not connect to themselves on it.
 */
const LOWEST_PORT = 15_000;
const HIGHEST_PORT = 30_000;
const ATTEMPTS_MAX = 100;

/** A port of the loopback interface that nobody listens on. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (await isPortFree(port)) return port;
  }
  throw new Error(`no free port was found between ${LOWEST_PORT} and ${HIGHEST_PORT}`);
}

/** Can this port be listened on? Throws where the reason is another than that it is taken. */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
