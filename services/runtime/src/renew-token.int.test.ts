import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bus, connectBus } from '@semibot/bus';
import { generateNatsKeys, type StartedNats, startNats } from '@semibot/local';
import { inboxPrefix, newId, renewTokenMessage, SemibotError } from '@semibot/protocol';
import { createLogger } from '@semibot/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createToken } from './renew-token.ts';

const logger = createLogger({ service: 'runtime', level: 'silent' });
const who = { userId: newId(), instanceId: newId(), bootId: newId() };

describe("a runtime's token", () => {
  let dir: string;
  let server: StartedNats;
  let runtime: Bus;
  let scheduler: Bus;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'semibot-token-'));
    const keys = generateNatsKeys();
    server = await startNats({ dir, keys });
    const connectAs = (name: string) =>
      connectBus({
        servers: server.url,
        name,
        inboxPrefix: inboxPrefix(name),
        nkeySeed: keys.setup.seed,
        logger,
      });
    [runtime, scheduler] = [await connectAs(who.userId), await connectAs('scheduler')];
  });
  afterAll(async () => {
    await Promise.all([runtime?.nc.close(), scheduler?.nc.close()]);
    await server?.stop();
    if (dir) await rm(dir, { recursive: true, force: true });
  });

  /** Answers each question with the next of these; what was asked is in the list given back. */
  function answering(answers: object[]) {
    const asked: unknown[] = [];
    const subscription = scheduler.nc.subscribe(renewTokenMessage.format({ user: who.userId }), {
      callback: (_error, message) => {
        asked.push(message.json());
        message.respond(JSON.stringify(answers.shift()));
      },
    });
    return { asked, [Symbol.dispose]: () => subscription.unsubscribe() };
  }
  const fresh = (token: string, expiresInMs: number) => ({ ok: true, result: { token, expiresInMs } });

  it('is renewed at half of its lifetime, again and again', async () => {
    using questions = answering([fresh('second', 100), fresh('third', 3_600_000)]);
    const token = createToken('first', { lifetimeMs: 100 });
    expect(token.current()).toBe('first');
    const stop = token.keepFresh({ bus: runtime, ...who, logger });
    await expect.poll(token.current).toBe('third');
    expect(questions.asked).toEqual(
      Array.from({ length: 2 }, () => ({ instanceId: who.instanceId, bootId: who.bootId })),
    );
    stop();
  });

  it('stays as it is while it cannot be renewed, and is asked for until it is', async () => {
    const refusal = { ok: false, error: new SemibotError('SERVICE_UNAVAILABLE').toBody() };
    using questions = answering([refusal, { ok: true, result: {} }, fresh('second', 3_600_000)]);
    const token = createToken('first', { lifetimeMs: 20, retryMs: 20 });
    const stop = token.keepFresh({ bus: runtime, ...who, logger });
    await expect.poll(token.current).toBe('second');
    expect(questions.asked).toHaveLength(3);
    stop();
  });
});
