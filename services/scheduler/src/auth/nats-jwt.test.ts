import { sign } from 'node:crypto';
import { createAccount, createServer } from '@nats-io/nkeys';
import { describe, expect, it } from 'vitest';
import { createIssuer, decodeAuthorizationRequest } from './nats-jwt.ts';
import { keyPairOf } from './nkey.ts';

const seedOf = (pair: ReturnType<typeof createServer>): string => new TextDecoder().decode(pair.getSeed());
const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const claimsOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());

/** A question as the server `says` it is, signed by `signs`. */
function question({ says, signs }: { says: ReturnType<typeof createServer>; signs: typeof says }): string {
  const claims = {
    iss: says.getPublicKey(),
    nats: {
      type: 'authorization_request',
      server_id: { id: says.getPublicKey() },
      user_nkey: 'UABC',
      client_info: { id: 7, host: '10.0.0.9', nonce: 'n' },
      connect_opts: { auth_token: 't', pass: 'p' },
    },
  };
  const text = `${base64({ typ: 'JWT', alg: 'ed25519-nkey' })}.${base64(claims)}`;
  const signature = sign(null, Buffer.from(text), keyPairOf(seedOf(signs)).privateKey);
  return `${text}.${signature.toString('base64url')}`;
}

describe("the server's question", () => {
  const server = createServer();

  it('is read when that server signed it', () => {
    expect(decodeAuthorizationRequest(question({ says: server, signs: server }))).toEqual({
      userNkey: 'UABC',
      serverId: server.getPublicKey(),
      connectionId: 7,
      address: '10.0.0.9',
      nonce: 'n',
      user: '',
      pass: 'p',
      token: 't',
      nkey: '',
      signature: '',
    });
  });

  it.each([
    ['somebody else signed it', question({ says: server, signs: createServer() })],
    ['it is cut off', question({ says: server, signs: server }).slice(0, 40)],
    ['it is no JWT', 'hello'],
  ])('is refused when %s', (_why, jwt) => {
    expect(() => decodeAuthorizationRequest(jwt)).toThrow();
  });
});

describe("a user's JWT", () => {
  it('grants what it is told to and no right to answer anyone', () => {
    const account = createAccount();
    const claims = claimsOf(
      createIssuer(seedOf(account)).userJwt({
        name: 'user',
        userNkey: 'UABC',
        account: 'RT',
        expiresAt: 1_800_000_000,
        publish: ['a.b'],
        subscribe: ['c.d'],
        maxSubscriptions: 8,
        maxPayloadBytes: 1024,
      }),
    );
    expect(claims).toMatchObject({ iss: account.getPublicKey(), sub: 'UABC', aud: 'RT', exp: 1_800_000_000 });
    expect(claims.nats).toEqual({
      type: 'user',
      version: 2,
      pub: { allow: ['a.b'] },
      sub: { allow: ['c.d'] },
      subs: 8,
      payload: 1024,
      data: -1,
      allowed_connection_types: ['STANDARD'],
    });
  });
});
