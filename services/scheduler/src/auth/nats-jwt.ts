import { createHash, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { keyPairOf, publicKeyOf } from './nkey.ts';

/** NATS's own form of JWT, version 2: JSON signed by an nkey (`alg` ed25519-nkey). */
const HEADER = toBase64({ typ: 'JWT', alg: 'ed25519-nkey' });

/** What one who is let in may do, as the server reads it from a user's JWT. */
export interface UserGrant {
  /** How `nats server report connections` and the server's events name the user. */
  name: string;
  /** The key that the server gave to the connection. */
  userNkey: string;
  account: string;
  /** In seconds since 1970; the server closes the connection then. */
  expiresAt: number;
  publish: string[];
  subscribe: string[];
  maxSubscriptions: number;
  maxPayloadBytes: number;
}

/** Signs what the auth callout answers, with the account key that the server's configuration names. */
export interface Issuer {
  userJwt(grant: UserGrant): string;
  /** Lets the connection in with a user's JWT, or refuses it with a reason that the client may see. */
  answerJwt(to: { userNkey: string; serverId: string }, answer: { jwt: string } | { error: string }): string;
}

export function createIssuer(seed: string): Issuer {
  const { nkey, privateKey } = keyPairOf(seed);
  const encode = (claims: object): string => {
    const issued = { iss: nkey, iat: Math.floor(Date.now() / 1000), ...claims };
    const jti = createHash('sha256').update(JSON.stringify(issued)).digest('base64url');
    const signed = `${HEADER}.${toBase64({ ...issued, jti })}`;
    return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
  };
  return {
    userJwt: (grant) =>
      encode({
        name: grant.name,
        sub: grant.userNkey,
        aud: grant.account,
        exp: grant.expiresAt,
        nats: {
          type: 'user',
          version: 2,
          // No `resp`: whoever may publish to its own subjects only may not answer to a subject of another's choice.
          // An empty list of what is allowed would allow everything.
          pub: grant.publish.length > 0 ? { allow: grant.publish } : { deny: ['>'] },
          sub: { allow: grant.subscribe },
          // The server takes these two from the account's configuration, which says the same.
          subs: grant.maxSubscriptions,
          payload: grant.maxPayloadBytes,
          data: -1,
          allowed_connection_types: ['STANDARD'],
        },
      }),
    answerJwt: ({ userNkey, serverId }, answer) =>
      encode({
        sub: userNkey,
        aud: serverId,
        nats: { type: 'authorization_response', version: 2, ...answer },
      }),
  };
}

const authorizationRequestSchema = z.object({
  iss: z.string(),
  nats: z.object({
    type: z.literal('authorization_request'),
    server_id: z.object({ id: z.string() }),
    /** The key that the JWT in the answer must be for. */
    user_nkey: z.string(),
    client_info: z.object({ id: z.int(), host: z.string().optional(), nonce: z.string().optional() }),
    connect_opts: z.object({
      user: z.string().optional(),
      pass: z.string().optional(),
      auth_token: z.string().optional(),
      nkey: z.string().optional(),
      sig: z.string().optional(),
    }),
  }),
});

/** Who asks to be let in: what the server knows and what the client said. Secrets are in it; it is never logged. */
export interface AuthorizationRequest {
  userNkey: string;
  serverId: string;
  connectionId: number;
  /** The client's address, as the server sees it. */
  address: string;
  nonce: string;
  user: string;
  pass: string;
  token: string;
  nkey: string;
  signature: string;
}

/** The server's question. Throws where it is malformed or not signed by the server that it names. */
export function decodeAuthorizationRequest(jwt: string): AuthorizationRequest {
  const [header, claims, signature] = jwt.split('.');
  if (!header || !claims || !signature) throw new Error('not a JWT');
  const { iss, nats } = authorizationRequestSchema.parse(JSON.parse(fromBase64(claims).toString('utf8')));
  const signed = Buffer.from(`${header}.${claims}`);
  if (iss !== nats.server_id.id || !verify(null, signed, publicKeyOf(iss, 'N'), fromBase64(signature)))
    throw new Error('not signed by the server that it names');
  const said = nats.connect_opts;
  return {
    userNkey: nats.user_nkey,
    serverId: nats.server_id.id,
    connectionId: nats.client_info.id,
    address: nats.client_info.host ?? '',
    nonce: nats.client_info.nonce ?? '',
    user: said.user ?? '',
    pass: said.pass ?? '',
    token: said.auth_token ?? '',
    nkey: said.nkey ?? '',
    signature: said.sig ?? '',
  };
}

function toBase64(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function fromBase64(text: string): Buffer {
  return Buffer.from(text, 'base64url');
}
