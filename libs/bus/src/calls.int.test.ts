import { newId, ROUTES, SemibotError, sessionPosition } from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callRoute } from './call-route.ts';
import type { Bus } from './connect.ts';
import { createRequester } from './requester.ts';
import { mayAnswer, type RequestHandlers, serveRequests } from './serve-requests.ts';
import { endpoint, serveRoutes } from './serve-routes.ts';
import { type BusLab, startBusLab } from './testing/bus-lab.ts';

let lab: BusLab;
let chat: Bus;
let relay: Bus;
const chatService = { name: 'chat', description: 'stands for chat' };
const nobody = { identity: null };

beforeAll(async () => {
  lab = await startBusLab();
  chat = await lab.connect('chat');
  relay = await lab.connect('relay');
}, 60_000);
afterAll(() => lab[Symbol.asyncDispose]());

describe('a call over the bus', () => {
  it('waits for a service that is still starting', async () => {
    const call = callRoute(relay, ROUTES.auth.local, nobody);
    const served = await serveRoutes(chat, chatService, [
      endpoint(ROUTES.auth.local, async () => {
        throw new SemibotError('NOT_FOUND');
      }),
    ]);
    await expect(call).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await served.close();
  });

  it('tells what is wrong with it, and nothing of what went wrong inside', async () => {
    const served = await serveRoutes(chat, chatService, [
      endpoint(sessionPosition, async () => {
        throw new Error('the password of the database is hunter2');
      }),
    ]);
    const bad = callRoute(relay, sessionPosition, { ...nobody, params: { sessionId: 'no id' } });
    await expect(bad).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      details: [{ path: 'params.sessionId', problem: expect.any(String) }],
    });
    const failed = await callRoute(relay, sessionPosition, {
      ...nobody,
      params: { sessionId: newId() },
    }).catch((error: SemibotError) => error);
    expect(failed).toMatchObject({ code: 'INTERNAL_ERROR' });
    expect(JSON.stringify(failed)).not.toContain('hunter2');
    await served.close();
  });

  it('is asked again where the one who had it died with it', async () => {
    const dying = await lab.connect('chat');
    const asked = Promise.withResolvers<void>();
    const first = await serveRoutes(dying, chatService, [
      endpoint(sessionPosition, () => {
        asked.resolve();
        return new Promise(() => undefined);
      }),
    ]);
    const sessionId = newId();
    const call = callRoute(relay, sessionPosition, { ...nobody, params: { sessionId } });
    await asked.promise;
    await dying.nc.close();
    void first;
    const data = { userId: newId(), cursor: 'epoch:1' };
    const second = await serveRoutes(chat, chatService, [endpoint(sessionPosition, async () => ({ data }))]);
    expect((await call).data).toEqual(data);
    await second.close();
  });
});

describe("a runtime's request", () => {
  const userId = newId();
  const unused = () => Promise.reject(new SemibotError('REQUEST_FAILED'));
  const handlers = (init: RequestHandlers['init']): RequestHandlers => ({
    init,
    get_run: unused,
    log_tail: unused,
    commands_after: unused,
    get_keys: unused,
  });
  const input = { bootId: 'boot', curveKey: `X${'A'.repeat(55)}` };
  const answer = { userId, orgId: newId(), commandNumber: 0, sealedKeys: { data: '', from: 'X' } };

  it('is answered though the bus is killed between asking and answer', async () => {
    const runtime = await lab.connect('setup', 'runtime', userId);
    const requester = createRequester(runtime, userId);
    const asked = Promise.withResolvers<void>();
    let times = 0;
    const served = await serveRequests(
      chat,
      chatService,
      handlers(async () => {
        times += 1;
        if (times > 1) return answer;
        asked.resolve();
        return await new Promise(() => undefined);
      }),
    );
    const request = requester.request('init', null, input);
    await asked.promise;
    await lab.killServer();
    expect(await request).toEqual(answer);
    requester.close();
    // The first one is never answered: it is not waited for.
    void served;
  });

  it('is answered to its own user alone, whatever reply subject it names', () => {
    const other = newId();
    expect(mayAnswer(`_INBOX_${userId}.x.1`, userId)).toBe(true);
    expect(mayAnswer('_R_.AbC123.x', userId)).toBe(true);
    for (const reply of [
      undefined,
      '',
      `_INBOX_${other}.x`,
      `_INBOX_${userId}`,
      '_INBOX.x',
      '$JS.API.STREAM.DELETE.EVENTS',
      `orders.${other}.s`,
      `commands.${userId}.s`,
      '_R_.>',
    ])
      expect(mayAnswer(reply, userId), String(reply)).toBe(false);
  });
});
