import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSecretBox, type Sealed } from './secret-box.ts';
import { readSecretKey, secretKeyText } from './secret-key.ts';

const newKey = (): string => randomBytes(32).toString('base64');
const PLACE = ['org-1', 'openai-compatible'];
const flip = (bytes: Buffer, at: number): Buffer => {
  const changed = Buffer.from(bytes);
  changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
  return changed;
};

describe('a sealed text', () => {
  const box = createSecretBox({ key: newKey() });
  const sealed = box.seal('sk-1 世界', PLACE);

  it('opens at its place', () => {
    expect(box.open(sealed, PLACE)).toBe('sk-1 世界');
    expect(sealed.sealed.includes('sk-1')).toBe(false);
  });

  it.each([
    [['org-2', 'openai-compatible']],
    [['org-1', 'another']],
    [['org-1']],
    [['org-1", "openai-compatible']],
    [['openai-compatible', 'org-1']],
  ])('does not open at %j', (place) => {
    expect(box.open(sealed, place)).toBeNull();
  });

  it.each<[string, (whole: Sealed) => Sealed]>([
    ['first byte', (whole) => ({ ...whole, sealed: flip(whole.sealed, 0) })],
    ['tag', (whole) => ({ ...whole, sealed: flip(whole.sealed, whole.sealed.length - 1) })],
    ['length', (whole) => ({ ...whole, sealed: whole.sealed.subarray(1) })],
    ['nonce', (whole) => ({ ...whole, nonce: flip(whole.nonce, 0) })],
    ['whole', (whole) => ({ ...whole, sealed: Buffer.alloc(0) })],
  ])('does not open when its %s was changed', (_, change) => {
    expect(box.open(change(sealed), PLACE)).toBeNull();
  });

  it('has a nonce of its own each time', () => {
    const all = Array.from({ length: 100 }, () => box.seal('sk-1', PLACE));
    expect(new Set(all.map(({ nonce }) => nonce.toString('hex'))).size).toBe(100);
    expect(new Set(all.map((one) => one.sealed.toString('hex'))).size).toBe(100);
  });
});

describe('a change of the key', () => {
  const [first, second, third] = [newKey(), newKey(), newKey()];
  const old = createSecretBox({ key: first }).seal('sk-1', PLACE);

  it('leaves what was sealed under the previous one readable, and seals under the new one', () => {
    const box = createSecretBox({ key: second, previousKey: first });
    expect(box.open(old, PLACE)).toBe('sk-1');
    expect(box.previousKeyId).toBe(old.keyId);
    const renewed = box.seal('sk-1', PLACE);
    expect(createSecretBox({ key: second }).open(renewed, PLACE)).toBe('sk-1');
    expect(createSecretBox({ key: first }).open(renewed, PLACE)).toBeNull();
  });

  it('leaves what was sealed under an older one closed', () => {
    expect(createSecretBox({ key: third, previousKey: second }).open(old, PLACE)).toBeNull();
  });

  it('does not let a row pass under the name of another key', () => {
    const box = createSecretBox({ key: second, previousKey: first });
    expect(box.open({ ...old, keyId: box.keyId }, PLACE)).toBeNull();
  });
});

describe('a secret key', () => {
  const bytes = randomBytes(32);

  it.each(['base64', 'base64url', 'hex'] as const)('may be written in %s', (encoding) => {
    const text = secretKeyText().parse(`${bytes.toString(encoding)}\n`);
    expect(readSecretKey(text).bytes).toEqual(bytes);
  });

  it('has the same name however it is written, which is not a part of it', () => {
    const { id } = readSecretKey(bytes.toString('hex'));
    expect(readSecretKey(bytes.toString('base64')).id).toBe(id);
    expect(bytes.toString('hex')).not.toContain(id);
  });

  it.each([
    'short',
    'a secret of more than thirty-two characters',
    randomBytes(31).toString('hex'),
    randomBytes(33).toString('base64'),
    'x'.repeat(64),
  ])('may not be %j, and the refusal does not repeat it', (text) => {
    const { error } = secretKeyText().safeParse(text);
    expect(error?.issues[0]?.message).toMatch(/32 random bytes in base64 or hex/);
    expect(JSON.stringify(error)).not.toContain(text);
  });
});
