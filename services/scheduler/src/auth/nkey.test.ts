import { createAccount, createServer, createUser } from '@nats-io/nkeys';
import { describe, expect, it } from 'vitest';
import { isSignedBy, keyPairOf, publicKeyOf } from './nkey.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const signed = (pair: ReturnType<typeof createUser>, data: string): string =>
  Buffer.from(pair.sign(new TextEncoder().encode(data))).toString('base64url');

describe('nkeys by the runtime of the language', () => {
  it.each([
    ['user', createUser()],
    ['account', createAccount()],
    ['server', createServer()],
  ])('have the public key that the library finds: %s', (_kind, pair) => {
    expect(keyPairOf(text(pair.getSeed())).nkey).toBe(pair.getPublicKey());
  });

  it('verify what the library signed, and nothing else', () => {
    const [pair, other] = [createUser(), createUser()];
    const nkey = pair.getPublicKey();
    expect(isSignedBy(nkey, 'nonce', signed(pair, 'nonce'))).toBe(true);
    expect(isSignedBy(nkey, 'another', signed(pair, 'nonce'))).toBe(false);
    expect(isSignedBy(nkey, 'nonce', signed(other, 'nonce'))).toBe(false);
    expect(isSignedBy('', 'nonce', '')).toBe(false);
  });

  it('are refused when a letter is wrong, when they are of another kind, and when they are too long', () => {
    const nkey = createUser().getPublicKey();
    const wrong = nkey.slice(0, -1) + (nkey.endsWith('A') ? 'B' : 'A');
    expect(() => publicKeyOf(wrong, 'U')).toThrow(/nkey/);
    expect(() => publicKeyOf(nkey, 'A')).toThrow(/kind A/);
    expect(() => publicKeyOf(`${nkey}A`, 'U')).toThrow(/nkey/);
    expect(() => keyPairOf(nkey)).toThrow(/nkey/);
  });
});
