import { newId } from '@semibot/protocol';
import jwt from 'jsonwebtoken';

/** Signs the tokens of the bench's people; no other system takes them. */
export const JWT_SECRET = 'a secret that is good for one bench run';

/** A session of someone, with the token to read it. */
export interface BenchSession {
  userId: string;
  sessionId: string;
  token: string;
}

/** A session of a user of its own. */
export function newSession(): BenchSession {
  const userId = newId();
  const claims = { org: newId(), role: 'member', login: newId() };
  const options = { audience: 'semibot:api', subject: userId, expiresIn: '1h' } as const;
  return { userId, sessionId: newId(), token: jwt.sign(claims, JWT_SECRET, options) };
}

export const newSessions = (count: number): BenchSession[] => Array.from({ length: count }, newSession);
