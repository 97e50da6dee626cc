import { type Bus, callRoute } from '@semibot/bus';
import { type Cursor, type Identity, parseCursor, sessionPosition, type Trace } from '@semibot/protocol';
import { LRUCache } from 'lru-cache';

/** That someone may follow a session. */
export interface Access {
  /** Whose log it is. */
  userId: string;
  /** The log position that the history covers. */
  history: Cursor | null;
}

export interface SessionAccess {
  /**
   * Asks chat whether this sign-in may follow the session. An answer is good for a few seconds, and those who ask
   * while the question is under way share it; `fresh` asks anew, for who relies on the history's position. Throws
   * NOT_FOUND for a session that is not the user's, SERVICE_UNAVAILABLE where chat is away.
   */
  ask(who: { identity: Identity; sessionId: string; trace: Trace; fresh: boolean }): Promise<Access>;
  /** Forgets what is not good any more. To be called every second or so. */
  sweep(): void;
}

/** How long an answer is good for, in milliseconds, and how many are kept. */
const DECISION_LIFETIME_MS = 5_000;
const DECISIONS_MAX = 20_000;
/** A reader is told to come back rather than kept waiting for chat longer than this, in milliseconds. */
const ANSWER_TIMEOUT_MS = 3_000;

export function createSessionAccess(bus: Bus): SessionAccess {
  const decisions = new LRUCache<string, Promise<Access>>({ max: DECISIONS_MAX, ttl: DECISION_LIFETIME_MS });

  return {
    ask({ identity, sessionId, trace, fresh }) {
      const key = `${identity.loginId} ${sessionId}`;
      const known = fresh ? undefined : decisions.get(key);
      if (known) return known;
      const decision = callRoute(bus, sessionPosition, {
        identity,
        params: { sessionId },
        trace,
        timeoutMs: ANSWER_TIMEOUT_MS,
      }).then(({ data }) => ({ userId: data.userId, history: parseCursor(data.cursor) }));
      decisions.set(key, decision);
      // Only what was granted is remembered.
      decision.catch(() => {
        if (decisions.peek(key) === decision) decisions.delete(key);
      });
      return decision;
    },
    sweep: () => void decisions.purgeStale(),
  };
}
