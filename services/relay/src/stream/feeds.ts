import { type Bus, type Follower, followLog, type LogEntry, type Replayer } from '@semibot/bus';
import type { EventCheck } from './event-check.ts';
import { type FeedSession, SessionFeed } from './session-feed.ts';
import { createTickWriter } from './tick-writer.ts';

/** A feed that someone needs. */
export interface HeldFeed {
  readonly feed: Promise<SessionFeed>;
  /** The same, where it is open already. */
  readonly open: SessionFeed | null;
}

/** The feeds of the sessions that are being read on this relay. */
export interface Feeds {
  /**
   * The session's feed, which begins to follow the log if it does not yet, and is kept until it is released as often as
   * it was held. The feed rejects where the bus is away.
   */
  hold(session: FeedSession): HeldFeed;
  release(held: HeldFeed): void;
  /** Whether a reader that has read up to this sequence could join the session's feed at once. */
  covers(session: FeedSession, after: number): boolean;
  /** Closes the feeds that nobody has held for a while. To be called every second or so. */
  sweep(now: number): void;
  /** Closes all of them: their log is gone, or the relay stops. */
  closeAll(): void;
}

/** A reader that comes back soon, as after a reload, finds its feed still there, in milliseconds. */
const LINGER_MS = 5_000;

/** A log that is followed, or is about to be. */
class FollowedLog implements HeldFeed {
  readonly feed: Promise<SessionFeed>;
  open: SessionFeed | null = null;
  holders = 0;
  /** When its last reader left, in milliseconds since 1970. */
  idleSince = 0;
  #follower: Follower | null = null;
  #isClosed = false;

  constructor(
    session: FeedSession,
    follow: (onEntries: (entries: LogEntry[]) => void) => Promise<Follower>,
    makeFeed: (session: FeedSession, position: number) => SessionFeed,
  ) {
    // What comes before the feed is open is below the position from which it begins.
    this.feed = follow((entries) => this.open?.take(entries)).then((follower) => {
      this.#follower = follower;
      if (this.#isClosed) follower.close();
      this.open = makeFeed(session, follower.position);
      return this.open;
    });
  }

  trim(now: number): void {
    this.open?.trim(now);
  }

  close(): void {
    this.#isClosed = true;
    this.#follower?.close();
  }
}

export function createFeeds(tools: { bus: Bus; replayer: Replayer; check: EventCheck }): Feeds {
  const { bus, replayer, check } = tools;
  const ticks = createTickWriter();
  const followed = new Map<string, FollowedLog>();
  const makeFeed = (session: FeedSession, position: number): SessionFeed =>
    new SessionFeed(session, position, { check, ticks });

  const keyOf = ({ userId, sessionId }: FeedSession): string => `${userId} ${sessionId}`;

  function follow(session: FeedSession, key: string): FollowedLog {
    const log = new FollowedLog(
      session,
      (onEntries) => followLog(bus, replayer, session, onEntries),
      makeFeed,
    );
    followed.set(key, log);
    log.feed.catch(() => {
      if (followed.get(key) === log) followed.delete(key);
    });
    return log;
  }

  return {
    hold(session) {
      const key = keyOf(session);
      const log = followed.get(key) ?? follow(session, key);
      log.holders += 1;
      return log;
    },
    release(held) {
      if (!(held instanceof FollowedLog)) return;
      held.holders -= 1;
      if (held.holders === 0) held.idleSince = Date.now();
    },
    covers(session, after) {
      const open = followed.get(keyOf(session))?.open;
      return open !== undefined && open !== null && after >= open.floor;
    },
    sweep(now) {
      for (const [key, log] of followed) {
        log.trim(now);
        if (log.holders > 0 || now - log.idleSince <= LINGER_MS) continue;
        followed.delete(key);
        log.close();
      }
    },
    closeAll() {
      for (const log of followed.values()) log.close();
      followed.clear();
    },
  };
}
