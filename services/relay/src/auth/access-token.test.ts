import { newId } from '@semibot/protocol';
import jwt from 'jsonwebtoken';
import { expect, it } from 'vitest';
import { readAccessToken, tokenKey } from './access-token.ts';

const SECRET = 'a secret for tests, long enough to be one';
const KEY = tokenKey(SECRET);
const claims = { sub: newId(), org: newId(), role: 'member', login: newId(), aud: 'semibot:api' };
const soon = Math.floor(Date.now() / 1000) + 60;

it('says who a token is for and until when', () => {
  expect(readAccessToken(jwt.sign({ ...claims, exp: soon }, SECRET), KEY)).toEqual({
    identity: { userId: claims.sub, orgId: claims.org, role: 'member', loginId: claims.login },
    expiresAt: soon * 1000,
  });
});

it.each([
  ['of a runtime', jwt.sign({ ...claims, aud: 'semibot:vm', exp: soon }, SECRET)],
  ['that has ended', jwt.sign({ ...claims, exp: soon - 120 }, SECRET)],
  ['that never ends', jwt.sign(claims, SECRET)],
  ['of another secret', jwt.sign({ ...claims, exp: soon }, `${SECRET}!`)],
  ['that nobody signed', jwt.sign({ ...claims, exp: soon }, '', { algorithm: 'none' })],
  ['of another algorithm', jwt.sign({ ...claims, exp: soon }, SECRET, { algorithm: 'HS512' })],
  ['without a role', jwt.sign({ ...claims, role: undefined, exp: soon }, SECRET)],
  ['that is none', 'nonsense'],
])('refuses a token %s', (_what, token) => {
  expect(() => readAccessToken(token, KEY)).toThrow(expect.objectContaining({ code: 'AUTH_TOKEN_INVALID' }));
});
