import { createCurve } from '@nats-io/nkeys';
import type { Requester } from '@semibot/bus';
import { type ProviderKeys, type RequestResult, SemibotError, traceFrom } from '@semibot/protocol';
import { createLogger } from '@semibot/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createKeysInForce, type KeysInForce } from './keys-in-force.ts';
import { createKeyRing, type KeyRing } from './provider-keys.ts';

interface Question {
  resolve(answer: RequestResult<'get_keys'>): void;
  reject(error: Error): void;
}

const chat = createCurve();
const withKey = (apiKey: string): ProviderKeys => ({
  'openai-compatible': { baseUrl: 'http://127.0.0.1:1/v1', apiKey },
});

describe('the keys in force', () => {
  let ring: KeyRing;
  let keys: KeysInForce;
  let asked: Question[];
  const sealed = (value: ProviderKeys) => ({
    sealedKeys: {
      data: Buffer.from(chat.seal(new TextEncoder().encode(JSON.stringify(value)), ring.curveKey)).toString(
        'base64',
      ),
      from: chat.getPublicKey(),
    },
  });
  /** The next question to chat. */
  const question = (number: number): Promise<Question> =>
    vi.waitUntil(() => asked[number - 1], { interval: 1 });

  beforeEach(() => {
    ring = createKeyRing();
    ring.unseal(sealed(withKey('sk-1')).sealedKeys);
    asked = [];
    const requester: Requester = {
      request: (method) => {
        if (method !== 'get_keys') throw new Error(`${method} is not asked for here`);
        const { promise, resolve, reject } = Promise.withResolvers<RequestResult<typeof method>>();
        asked.push({ resolve: resolve as Question['resolve'], reject });
        return promise;
      },
      close() {},
    };
    const logger = createLogger({ service: 'runtime', level: 'silent' });
    keys = createKeysInForce({ ring, requester, bootId: 'boot', logger });
  });
  afterEach(() => keys.close());

  it('are those that came first while none have changed', async () => {
    expect(await keys.current()).toEqual(withKey('sk-1'));
    expect(asked).toEqual([]);
  });

  it('are waited for once they have changed', async () => {
    keys.renew(traceFrom());
    const current = keys.current();
    (await question(1)).resolve(sealed(withKey('sk-2')));
    expect(await current).toEqual(withKey('sk-2'));
  });

  it('are the newest ones for whoever waited through several changes', async () => {
    keys.renew(traceFrom());
    const current = keys.current();
    const first = await question(1);
    keys.renew(traceFrom());
    keys.renew(traceFrom());
    first.resolve(sealed(withKey('sk-2')));
    (await question(2)).resolve(sealed(withKey('sk-4')));
    expect(await current).toEqual(withKey('sk-4'));
    expect(asked).toHaveLength(2);
  });

  it('are none where chat refuses to tell them: old ones are not used on', async () => {
    keys.renew(traceFrom());
    const current = keys.current();
    (await question(1)).reject(new SemibotError('NOT_FOUND'));
    expect(await current).toEqual({});
  });

  it('are no longer waited for once this is closed', async () => {
    keys.renew(traceFrom());
    const current = keys.current();
    await question(1);
    keys.close();
    await expect(current).rejects.toThrow(/abort/i);
  });
});
