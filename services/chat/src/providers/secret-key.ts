import { createHash } from 'node:crypto';
import { z } from 'zod';

const KEY_BYTES = 32;
const HEX = /^[0-9a-f]{64}$/i;
/** 32 bytes are 43 characters, and one of padding; in either alphabet. */
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;

/** A key of AES-256 with its name. */
export interface SecretKey {
  /** Made of the key by hashing: it tells keys apart and nothing else of them. */
  id: string;
  bytes: Buffer;
}

/** 32 bytes in base64 or hex, as `openssl rand -base64 32` makes them. */
export const secretKeyText = (): z.ZodString =>
  z
    .string()
    .trim()
    .regex(
      new RegExp(`${HEX.source}|${BASE64.source}`, 'i'),
      'must be 32 random bytes in base64 or hex, as `openssl rand -base64 32` prints them',
    );

/** The key in a text that is as `secretKeyText` says. */
export function readSecretKey(text: string): SecretKey {
  const bytes = Buffer.from(text, HEX.test(text) ? 'hex' : 'base64');
  if (bytes.length !== KEY_BYTES) throw new Error('a secret key has 32 bytes');
  return { id: createHash('sha256').update(bytes).digest('hex').slice(0, 16), bytes };
}
