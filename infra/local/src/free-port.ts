import { createServer } from 'node:net';

/** Can this port be listened on? */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return listenOnce(port, host).then(
    () => true,
    () => false,
  );
}

/** A port of the loopback interface that nobody listens on. */
export const findFreePort = (): Promise<number> => listenOnce(0, '127.0.0.1');

function listenOnce(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      const taken = address && typeof address === 'object' ? address.port : port;
      server.close(() => resolve(taken));
    });
  });
}
