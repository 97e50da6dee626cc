import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@semibot/service';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from './server.ts';

let folder: string;
let app: FastifyInstance;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'semibot-page-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<title>Semibot</title>');
  await writeFile(join(folder, 'assets', 'index-a1b2c3.js'), 'start()');
  app = await createServer({
    logger: createLogger({ service: 'relay', level: 'silent' }),
    pageDir: folder,
    trustProxy: false,
    isReady: () => true,
    addApi: () => undefined,
  });
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the page', () => {
  it('answers for its own paths, and is asked for again each time', async () => {
    for (const url of ['/', '/sessions/1', '/login?next=%2F']) {
      const answer = await app.inject({ url });
      expect(answer.statusCode).toBe(200);
      expect(answer.body).toContain('<title>Semibot</title>');
      expect(answer.headers['cache-control']).toBe('no-cache');
    }
  });

  it('has files that never change, which browsers keep', async () => {
    const answer = await app.inject({ url: '/assets/index-a1b2c3.js' });
    expect(answer.body).toBe('start()');
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  });

  it('runs nothing that the relay does not serve, and stands in no frame', async () => {
    const { headers } = await app.inject({ url: '/' });
    expect(headers['content-security-policy']).toContain("script-src 'self';");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it('does not answer in place of the API, nor for anything but a GET', async () => {
    const api = await app.inject({ url: '/api/v1/nothing' });
    expect(api.statusCode).toBe(404);
    expect(api.json()).toMatchObject({ success: false, error: { code: 'NOT_FOUND' } });
    const post = await app.inject({ url: '/anything', method: 'POST' });
    expect(post.json()).toMatchObject({ error: { code: 'NOT_FOUND' } });
  });

  it('gives nothing from outside its folder', async () => {
    const answer = await app.inject({ url: '/..%2f..%2fetc%2fpasswd' });
    expect(answer.body).not.toContain('root:');
  });
});
