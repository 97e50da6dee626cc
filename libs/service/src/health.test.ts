import { afterEach, describe, expect, it } from 'vitest';
import { type Health, startHealth } from './health.ts';

describe('the health server', () => {
  let health: Health | undefined;
  afterEach(() => health?.close());

  const serve = async (ready: () => boolean | Promise<boolean>) => {
    health = await startHealth({ port: 0, ready });
    const base = `http://127.0.0.1:${health.port}`;
    return async (path: string, method = 'GET') => (await fetch(base + path, { method })).status;
  };

  it('is live while not ready, and ready once it is', async () => {
    let ready = false;
    const status = await serve(() => ready);
    expect([await status('/live'), await status('/ready')]).toEqual([200, 503]);
    ready = true;
    expect(await status('/ready?verbose')).toBe(200);
  });

  it('takes a failing check for not ready', async () => {
    const status = await serve(() => Promise.reject(new Error('database gone')));
    expect(await status('/ready')).toBe(503);
    expect(await status('/live')).toBe(200);
  });

  it('serves nothing else', async () => {
    const status = await serve(() => true);
    expect(await status('/')).toBe(404);
    expect(await status('/live', 'POST')).toBe(405);
  });

  it('rejects when its port is taken', async () => {
    await serve(() => true);
    await expect(startHealth({ port: health?.port ?? 0, ready: () => true })).rejects.toThrow('EADDRINUSE');
  });

  it('is closed for new connections once closed', async () => {
    const status = await serve(() => true);
    await health?.close();
    await expect(status('/live')).rejects.toThrow();
  });
});
