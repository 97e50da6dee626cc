import { type Bus, type Follower, followLog, type LogEntry, type Replayer } from '@semibot/bus';
import type { EventCheck } from './event-check.ts';
import { type FeedSession, SessionFeed } from './session-feed.ts';
import { createTickWriter } from './tick-writer.ts';

/** A feed for as long as one reader needs it. */
export interface HeldFeed {
  feed: Promise<SessionFeed>;
  /** It began with this hold. */
  isNew: boolean;
  release(): void;
}

/** The feeds of the sessions that are being read on this relay. */
export interface Feeds {
  /** The session's feed, which begins to follow the log if it does not yet. Rejects where the bus is away. */
  hold(session: FeedSession): HeldFeed;
  /** Closes the feeds that nobody has held for a while. To be called every second or so. */
  sweep(now: number): void;
  /** Closes all of them: their log is gone, or the relay stops. */
  closeAll(): void;
}

interface Followed {
  feed: Promise<SessionFeed>;
  follower: Follower | null;
  open: SessionFeed | null;
  holders: number;
  /** When its last reader left, in milliseconds since 1970. */
  idleSince: number;
}

/** A reader that comes back soon, as after a reload, finds its feed still there, in milliseconds. */
const LINGER_MS = 5_000;

export function createFeeds(tools: { bus: Bus; replayer: Replayer; check: EventCheck }): Feeds {
  const { bus, replayer, check } = tools;
  const ticks = createTickWriter();
  const followed = new Map<string, Followed>();

  function close(key: string, entry: Followed): void {
    if (followed.get(key) === entry) followed.delete(key);
    entry.follower?.close();
  }

  async function open(session: FeedSession, key: string, entry: Followed): Promise<SessionFeed> {
    // Before it is open, entries are below the position from which it begins.
    const onEntries = (entries: LogEntry[]): void => entry.open?.take(entries);
    try {
      entry.follower = await followLog(bus, replayer, session, onEntries);
    } catch (error) {
      close(key, entry);
      throw error;
    }
    // It was closed meanwhile; whoever waits for it is ended too.
    if (followed.get(key) !== entry) entry.follower.close();
    entry.open = new SessionFeed(session, entry.follower.position, { check, ticks });
    return entry.open;
  }

  function follow(session: FeedSession, key: string): Followed {
    const entry: Followed = {
      feed: Promise.reject(),
      follower: null,
      open: null,
      holders: 0,
      idleSince: 0,
    };
    followed.set(key, entry);
    entry.feed.catch(() => undefined);
    entry.feed = open(session, key, entry);
    return entry;
  }

  return {
    hold(session) {
      const key = `${session.userId} ${session.sessionId}`;
      const known = followed.get(key);
      const entry = known ?? follow(session, key);
      entry.holders += 1;
      return {
        feed: entry.feed,
        isNew: known === undefined,
        release: () => {
          entry.holders -= 1;
          if (entry.holders === 0) entry.idleSince = Date.now();
        },
      };
    },
    sweep(now) {
      for (const [key, entry] of followed) {
        entry.open?.trim(now);
        if (entry.holders === 0 && now - entry.idleSince > LINGER_MS) close(key, entry);
      }
    },
    closeAll() {
      for (const [key, entry] of followed) close(key, entry);
    },
  };
}
