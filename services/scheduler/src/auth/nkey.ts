import { createPrivateKey, createPublicKey, type KeyObject, verify } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const PUBLIC_KEY_CHARACTERS = 56;
const SEED_CHARACTERS = 58;
/** What DER puts before the 32 bytes of an Ed25519 key. */
const PUBLIC_DER = Buffer.from('302a300506032b6570032100', 'hex');
const PRIVATE_DER = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * The Ed25519 key in a public nkey of this kind (`U` user, `A` account, `N` server). Throws on anything else.
 * Node's own crypto is used with these keys: the JavaScript signer let 16 connections in a second, it 400.
 */
export function publicKeyOf(nkey: string, kind: 'U' | 'A' | 'N'): KeyObject {
  const bytes = decode(nkey, PUBLIC_KEY_CHARACTERS);
  if (nkey[0] !== kind) throw new Error(`not an nkey of kind ${kind}`);
  return createPublicKey({
    key: Buffer.concat([PUBLIC_DER, bytes.subarray(1, 33)]),
    format: 'der',
    type: 'spki',
  });
}

/** The signing key in a seed, and its public nkey. Throws on what is no seed. */
export function keyPairOf(seed: string): { nkey: string; privateKey: KeyObject } {
  const bytes = decode(seed, SEED_CHARACTERS);
  if (seed[0] !== 'S') throw new Error('not a seed');
  const privateKey = createPrivateKey({
    key: Buffer.concat([PRIVATE_DER, bytes.subarray(2, 34)]),
    format: 'der',
    type: 'pkcs8',
  });
  const raw = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(PUBLIC_DER.length);
  // The second letter of a seed names the kind; its five bits are split over two bytes.
  const kind = (((bytes[0] ?? 0) & 7) << 5) | ((bytes[1] ?? 0) >> 3);
  return { nkey: encode(Buffer.concat([Buffer.of(kind), raw])), privateKey };
}

/** Whether this user's nkey signed the data. False for whatever is no key or no signature. */
export function isSignedBy(nkey: string, data: string, signature: string): boolean {
  try {
    return verify(null, Buffer.from(data), publicKeyOf(nkey, 'U'), Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
}

/** Base32 without padding, with the checksum at its end checked and left off. */
function decode(text: string, characters: number): Buffer {
  if (text.length !== characters) throw new Error('not an nkey');
  const bytes: number[] = [];
  let value = 0;
  let bits = 0;
  for (const character of text) {
    const at = ALPHABET.indexOf(character);
    if (at < 0) throw new Error('not an nkey');
    value = ((value << 5) | at) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((value >>> bits) & 0xff);
  }
  const all = Buffer.from(bytes);
  const body = all.subarray(0, -2);
  if (all.readUInt16LE(all.length - 2) !== crc16(body)) throw new Error('not an nkey: wrong checksum');
  return body;
}

function encode(body: Buffer): string {
  const checksum = Buffer.alloc(2);
  checksum.writeUInt16LE(crc16(body));
  let text = '';
  let value = 0;
  let bits = 0;
  for (const byte of Buffer.concat([body, checksum])) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(value >>> bits) & 31];
    }
  }
  return bits > 0 ? text + ALPHABET[(value << (5 - bits)) & 31] : text;
}

/** CRC-16/XMODEM, as nkeys have it. */
function crc16(data: Uint8Array): number {
  let crc = 0;
  for (const byte of data) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1)
      crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}
