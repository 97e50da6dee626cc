import { SemibotError } from '@semibot/protocol';

export interface PlaceLimits {
  /** Streams a user a session, and a user; 0 sets no limit. */
  perSession: number;
  perUser: number;
}

/** The streams that users hold on this relay. */
export interface StreamPlaces {
  /** Takes a place; throws SSE_CONNECTION_LIMIT where there is none. */
  take(userId: string, sessionId: string): void;
  leave(userId: string, sessionId: string): void;
}

export function createStreamPlaces(limits: PlaceLimits): StreamPlaces {
  const taken = new Map<string, number>();
  const keyOf = (userId: string, sessionId: string): string => `${userId} ${sessionId}`;
  const isFull = (key: string, limit: number): boolean => limit > 0 && (taken.get(key) ?? 0) >= limit;
  const add = (key: string, change: 1 | -1): void => {
    const count = (taken.get(key) ?? 0) + change;
    if (count > 0) taken.set(key, count);
    else taken.delete(key);
  };
  return {
    take(userId, sessionId) {
      const key = keyOf(userId, sessionId);
      if (isFull(userId, limits.perUser) || isFull(key, limits.perSession))
        throw new SemibotError('SSE_CONNECTION_LIMIT');
      add(userId, 1);
      add(key, 1);
    },
    leave(userId, sessionId) {
      add(userId, -1);
      add(keyOf(userId, sessionId), -1);
    },
  };
}
