import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readSecretKey, type SecretKey } from './secret-key.ts';

const ALGORITHM = 'aes-256-gcm';
/** What GCM is made for, in bytes. At random, one key is good for 2^32 of them. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Something encrypted: by which key, with which nonce, and the ciphertext with its tag at its end. */
export interface Sealed {
  keyId: string;
  nonce: Buffer;
  sealed: Buffer;
}

/** Encrypts what is kept in the database and belongs to one place alone. */
export interface SecretBox {
  /** Names the key under which everything is sealed from now on. */
  readonly keyId: string;
  /** Names the key before it, which still opens what was sealed under it; null where there is none. */
  readonly previousKeyId: string | null;
  /** Seals under a fresh nonce; what comes out opens at this place only. */
  seal(text: string, place: readonly string[]): Sealed;
  /** The text; null where its key is not known, it was changed, or it was sealed for another place. */
  open(sealed: Sealed, place: readonly string[]): string | null;
}

/** What is authenticated with the text. As JSON, no two places are written alike. */
const additionalData = (keyId: string, place: readonly string[]): Buffer =>
  Buffer.from(JSON.stringify([keyId, ...place]));

/** A box with the key in force and, while keys are changed, the one before it; both as `secretKeyText` says. */
export function createSecretBox(options: { key: string; previousKey?: string | undefined }): SecretBox {
  const key = readSecretKey(options.key);
  const previous = options.previousKey === undefined ? null : readSecretKey(options.previousKey);
  const known = new Map<string, SecretKey>();
  for (const one of [previous, key]) if (one) known.set(one.id, one);

  return {
    keyId: key.id,
    previousKeyId: previous?.id ?? null,
    seal(text, place) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key.bytes, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(additionalData(key.id, place));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return { keyId: key.id, nonce, sealed };
    },
    open({ keyId, nonce, sealed }, place) {
      const by = known.get(keyId);
      if (!by || sealed.length < TAG_BYTES) return null;
      const decipher = createDecipheriv(ALGORITHM, by.bytes, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(additionalData(keyId, place));
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
      try {
        const start = decipher.update(sealed.subarray(0, -TAG_BYTES));
        return Buffer.concat([start, decipher.final()]).toString('utf8');
      } catch {
        return null;
      }
    },
  };
}
