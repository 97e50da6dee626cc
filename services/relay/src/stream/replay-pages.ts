import type { Replayer } from '@semibot/bus';
import { eventMessage } from '@semibot/protocol';
import { LRUCache } from 'lru-cache';
import type { EventCheck } from './event-check.ts';
import { type Frame, frameBytes, frameOf, writeFrame } from './frame.ts';
import type { FeedSession } from './session-feed.ts';

/** A page of a session's past as readers get it. */
export interface ReplayPage {
  bytes: Buffer;
  /** The sequence of its last event: the next page comes after it. */
  position: number;
}

/** Reads the past for readers. Those who ask for the same page within a second share one reading and its bytes. */
export interface ReplayPages {
  /** The events after a sequence, a page of them; undefined where there are none. */
  read(session: FeedSession, after: number): Promise<ReplayPage | undefined>;
  /** Forgets pages that nobody will share any more. To be called every second or so. */
  sweep(): void;
}

/** What a page read before may still be given for, in milliseconds, and the bytes that may be kept for that. */
const SHARED_FOR_MS = 1_000;
const KEPT_MAX_BYTES = 32 * 1024 * 1024;

interface Asked {
  session: FeedSession;
  after: number;
}

export function createReplayPages(replayer: Replayer, check: EventCheck): ReplayPages {
  async function readPage({ session, after }: Asked): Promise<ReplayPage | undefined> {
    const { userId, sessionId, epoch } = session;
    const subject = eventMessage.format({ user: userId, session: sessionId });
    const { entries } = await replayer.page('EVENTS', subject, after);
    const last = entries.at(-1);
    if (!last) return undefined;
    const frames: Frame[] = [];
    for (const entry of entries) {
      const payload = check.payload(entry, sessionId);
      if (payload) frames.push(frameOf(epoch, entry.sequence, payload));
    }
    return { bytes: render(frames), position: last.sequence };
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
