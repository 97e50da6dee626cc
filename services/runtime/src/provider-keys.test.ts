import { createCurve } from '@nats-io/nkeys';
import { describe, expect, it } from 'vitest';
import { createKeyRing } from './provider-keys.ts';

const settings = { 'openai-compatible': { baseUrl: 'http://127.0.0.1:1/v1', apiKey: 'sk-1' } };
const chat = createCurve();
const seal = (to: string, value: unknown = settings) => ({
  data: Buffer.from(chat.seal(new TextEncoder().encode(JSON.stringify(value)), to)).toString('base64'),
  from: chat.getPublicKey(),
});

describe("the providers' keys", () => {
  it('are opened by the process to which they were sealed', () => {
    const ring = createKeyRing();
    expect(ring.keys()).toEqual({});
    ring.unseal(seal(ring.curveKey));
    expect(ring.keys()).toEqual(settings);
  });

  it('are opened by no other process', () => {
    const ring = createKeyRing();
    expect(() => ring.unseal(seal(createKeyRing().curveKey))).toThrow('sealed to another');
    expect(ring.keys()).toEqual({});
  });

  it('are refused where they are not what they should be, without being told', () => {
    const ring = createKeyRing();
    const broken = { 'openai-compatible': { baseUrl: 'sk-secret', apiKey: 'sk-secret' } };
    expect(() => ring.unseal(seal(ring.curveKey, broken))).toThrow(/^(?!.*sk-secret).*malformed/);
  });
});
