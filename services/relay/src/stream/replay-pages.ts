import type { Replayer } from '@semibot/bus';
import { LRUCache } from 'lru-cache';
import type { EventCheck } from './event-check.ts';
import { type Frame, frameBytes, writeFrame } from './frame.ts';
import { readFrames } from './read-frames.ts';
import type { FeedSession } from './session-feed.ts';

/** A page of a session's past as readers get it. */
export interface ReplayPage {
  bytes: Buffer;
  /** The sequence of its last event: the next page comes after it. */
  position: number;
  /** There was no next page when this one was read. */
  isLast: boolean;
}

/** Reads the past for readers. Those who ask for the same page within a second share one reading and its bytes. */
export interface ReplayPages {
  /** The events after a sequence, a page of them; undefined where there are none. */
  read(session: FeedSession, after: number): Promise<ReplayPage | undefined>;
  /** Forgets pages that nobody will share any more. To be called every second or so. */
  sweep(): void;
}

const PAGE_MAX_EVENTS = 512;
/** What a page read before may still be given for, in milliseconds, and the bytes that may be kept for that. */
const SHARED_FOR_MS = 1_000;
const KEPT_MAX_BYTES = 32 * 1024 * 1024;

interface Asked {
  session: FeedSession;
  after: number;
}

export function createReplayPages(replayer: Replayer, check: EventCheck): ReplayPages {
  async function readPage({ session, after }: Asked): Promise<ReplayPage | undefined> {
    const { frames, position, isLast } = await readFrames(
      { replayer, check },
      session,
      after,
      PAGE_MAX_EVENTS,
    );
    return position === after ? undefined : { bytes: render(frames), position, isLast };
  }

  const pages = new LRUCache<string, ReplayPage, Asked>({
    ttl: SHARED_FOR_MS,
    maxSize: KEPT_MAX_BYTES,
    sizeCalculation: ({ bytes }) => bytes.length + 1,
    fetchMethod: (_key, _stale, { context }) => readPage(context),
  });

  return {
    read(session, after) {
      const key = `${session.epoch} ${session.userId} ${session.sessionId} ${after}`;
      return pages.fetch(key, { context: { session, after } });
    },
    sweep: () => void pages.purgeStale(),
  };
}

function render(frames: Frame[]): Buffer {
  const bytes = Buffer.allocUnsafeSlow(frames.reduce((sum, frame) => sum + frameBytes(frame), 0));
  let at = 0;
  for (const frame of frames) at = writeFrame(bytes, at, frame);
  return bytes;
}
