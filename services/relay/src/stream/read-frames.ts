import type { Replayer } from '@semibot/bus';
import { eventMessage } from '@semibot/protocol';
import { type CheckedEvent, type EventCheck, readEvent } from './event-check.ts';
import { type Frame, frameOf } from './frame.ts';
import type { FeedSession } from './session-feed.ts';

/** Events that were read from the store, as they go to readers. */
export interface StoredFrames {
  frames: Frame[];
  /** The sequence of the last event that was read. */
  position: number;
  /** There was nothing after it when it was read. */
  isLast: boolean;
}

type Wanted = Parameters<Replayer['read']>[0];

/**
 * Reads a session's events after a sequence, at most so many. Each event tells the sequence of the one before it, so
 * that the store need not; where one does not, or cannot be read, all are read again with what the store tells of them.
 */
export async function readFrames(
  tools: { replayer: Replayer; check: EventCheck },
  session: FeedSession,
  after: number,
  maxMessages: number,
): Promise<StoredFrames> {
  const subject = eventMessage.format({ user: session.userId, session: session.sessionId });
  const wanted = { stream: 'EVENTS', subject, after, maxMessages } as const;
  return (await readLinked(tools.replayer, session, wanted)) ?? readTold(tools, session, wanted);
}

/** By the events' own word; null where that does not do. */
async function readLinked(
  replayer: Replayer,
  { sessionId, epoch }: FeedSession,
  wanted: Wanted,
): Promise<StoredFrames | null> {
  const payloads: Uint8Array[] = [];
  try {
    const { last, complete } = await replayer.readPayloads(wanted, (payload) => payloads.push(payload));
    const events = payloads.map((payload) => readEvent(payload, sessionId));
    const sequences = sequencesOf(events, wanted.after, last);
    if (!sequences) return null;
    const frames = events.map(({ payload }, at) => frameOf(epoch, sequences[at] ?? 0, payload));
    return { frames, position: sequences.at(-1) ?? wanted.after, isLast: complete };
  } catch {
    return null;
  }
}

/**
 * The sequences of events that follow one another in a log, by what each says of the one before it; `last` is the last
 * one's. Null where they do not rise from `after` on, for then one of them says wrong.
 */
export function sequencesOf(
  events: Pick<CheckedEvent, 'previous'>[],
  after: number,
  last: number,
): number[] | null {
  const sequences: number[] = [];
  let position = after;
  for (const at of events.keys()) {
    const next = events[at + 1];
    const sequence = next ? next.previous : last;
    if (sequence === undefined || sequence <= position) return null;
    sequences.push(sequence);
    position = sequence;
  }
  return sequences;
}

/** By the store's word. */
async function readTold(
  { replayer, check }: { replayer: Replayer; check: EventCheck },
  { sessionId, epoch }: FeedSession,
  wanted: Wanted,
): Promise<StoredFrames> {
  const frames: Frame[] = [];
  let position = wanted.after;
  const { complete } = await replayer.read(wanted, (entry) => {
    position = entry.sequence;
    const payload = check.payload(entry, sessionId);
    if (payload) frames.push(frameOf(epoch, entry.sequence, payload));
  });
  return { frames, position, isLast: complete };
}
