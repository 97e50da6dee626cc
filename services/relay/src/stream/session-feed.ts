import type { LogEntry } from '@semibot/bus';
import type { EventCheck } from './event-check.ts';
import { EventRing } from './event-ring.ts';
import { frameOf } from './frame.ts';
import type { TickWriter } from './tick-writer.ts';

/** Whose log a feed follows, and of which incarnation. */
export interface FeedSession {
  userId: string;
  sessionId: string;
  epoch: string;
}

/** Who reads a feed. */
export interface FeedReader {
  write(bytes: Uint8Array): void;
}

/** Recent events that a feed holds for those who join. */
const RING_LIMITS = { maxEvents: 512, maxBytes: 128 * 1024 };
/** A session that has been quiet for this long holds none, in milliseconds. */
const RING_LIFETIME_MS = 30_000;

/**
 * One session's log on this relay, shared by all who read it: each event is checked and rendered once, and the same
 * bytes go to every reader. The past before its ring is not its concern: a reader joins when it has read that far.
 */
export class SessionFeed {
  readonly #session: FeedSession;
  readonly #check: EventCheck;
  readonly #ticks: TickWriter;
  readonly #readers: FeedReader[] = [];
  /** Recent events; none in a session that is quiet, which has nothing after the floor. */
  #ring: EventRing | null = null;
  #floor: number;
  /** What came in this tick. */
  #unsent: Buffer[] = [];
  /** What the last reader to join was given: a herd that comes back asks for the same. */
  #rest: { after: number; bytes: Buffer } | null = null;
  #lastEventAt = 0;

  /** A feed that has followed its log up to `position` and is given what comes after it. */
  constructor(session: FeedSession, position: number, tools: { check: EventCheck; ticks: TickWriter }) {
    this.#session = session;
    this.#check = tools.check;
    this.#ticks = tools.ticks;
    this.#floor = position;
  }

  /** Readers that have read up to here can join. */
  get floor(): number {
    return this.#ring?.floor ?? this.#floor;
  }

  /** Takes what the log has given out. */
  take(entries: LogEntry[]): void {
    const { epoch, sessionId } = this.#session;
    this.#ring ??= new EventRing(RING_LIMITS, this.#floor);
    for (const entry of entries) {
      const payload = this.#check.payload(entry, sessionId);
      if (!payload) continue;
      const bytes = this.#ring.push(entry.sequence, frameOf(epoch, entry.sequence, payload));
      if (this.#unsent.push(bytes) === 1) this.#ticks.schedule(this);
    }
    this.#rest = null;
    this.#lastEventAt = Date.now();
  }

  /** Sends what has come to every reader, in one write each. */
  flush(): void {
    const [first, ...others] = this.#unsent;
    if (!first) return;
    const bytes = others.length === 0 ? first : Buffer.concat(this.#unsent);
    this.#unsent = [];
    for (const reader of this.#readers) reader.write(bytes);
  }

  /** From now on the reader gets all that comes after a sequence, which is not below the floor. */
  join(reader: FeedReader, after: number): void {
    // What waits is in the ring as well: the others get it now, and this one with the ring.
    this.flush();
    if (this.#ring && this.#rest?.after !== after)
      this.#rest = { after, bytes: Buffer.concat(this.#ring.after(after)) };
    if (this.#rest) reader.write(this.#rest.bytes);
    this.#readers.push(reader);
  }

  leave(reader: FeedReader): void {
    const at = this.#readers.indexOf(reader);
    if (at >= 0) this.#readers.splice(at, 1);
  }

  /** Forgets the events of a session that has gone quiet. */
  trim(now: number): void {
    if (!this.#ring || now - this.#lastEventAt < RING_LIFETIME_MS) return;
    this.#floor = this.#ring.last;
    this.#ring = null;
    this.#rest = null;
  }
}
