import type { Msg, Subscription } from '@nats-io/transport-node';
import { eventMessage, liveMessage } from '@semibot/protocol';
import type { Bus } from '../connect.ts';
import { sleep } from '../sleep.ts';
import { headerNumber, headerText } from './message-headers.ts';
import type { LogEntry, Replayer } from './replayer.ts';

export interface Follower {
  /** The sequence up to which all was given out; nothing is missing before it. */
  readonly position: number;
  close(): void;
}

interface LiveEntry extends LogEntry {
  /** The subject's message before this one. */
  previous: number;
}

/** Messages that may wait while the store is read; beyond it the store is read once more instead. */
const BUFFER_MAX_ENTRIES = 10_000;
const REFILL_RETRY_MS = 200;

/** A relay follows a session for each tab that is open, most of them quiet: a class, because thousands of them are small. */
class LogFollower implements Follower {
  readonly #bus: Bus;
  readonly #replayer: Replayer;
  readonly #onEntries: (entries: LogEntry[]) => void;
  readonly #subject: string;
  readonly #subscription: Subscription;
  readonly #stopListening: () => void;
  #position = 0;
  /** What came while the store was being read. */
  #buffer: LiveEntry[] | null = null;
  #isFilling = true;
  /** Something happened meanwhile that the reading under way may not have seen. */
  #again = false;
  #isClosed = false;

  constructor(
    bus: Bus,
    replayer: Replayer,
    session: { userId: string; sessionId: string },
    onEntries: (entries: LogEntry[]) => void,
  ) {
    const where = { user: session.userId, session: session.sessionId };
    this.#bus = bus;
    this.#replayer = replayer;
    this.#onEntries = onEntries;
    this.#subject = eventMessage.format(where);
    this.#subscription = bus.nc.subscribe(liveMessage.format(where), {
      callback: (error, message) => {
        if (!error) this.#onLive(message);
      },
    });
    this.#stopListening = bus.onReconnect(() => {
      this.#again = true;
      if (!this.#isFilling) void this.#refill();
    });
  }

  get position(): number {
    return this.#position;
  }

  /**
   * Begins, where the log stands or after a given sequence. What asks the store leaves by the same connection after the
   * subscription, so that nothing falls between the two.
   */
  async begin(after: number | undefined): Promise<void> {
    if (after !== undefined) {
      this.#position = after;
      await this.#refill();
      return;
    }
    this.#position = await this.#replayer.lastSequence('EVENTS', this.#subject);
    if (this.#again || !this.#join()) await this.#refill();
    this.#isFilling = false;
  }

  close(): void {
    this.#isClosed = true;
    this.#stopListening();
    if (!this.#bus.nc.isClosed()) this.#subscription.unsubscribe();
  }

  #onLive(message: Msg): void {
    const headers = headerText(message);
    const sequence = headerNumber(headers, 'Nats-Sequence');
    // Also what no stream has kept, which has no sequence.
    if (!(sequence > this.#position)) return;
    const previous = headerNumber(headers, 'Nats-Last-Sequence');
    const entry = { sequence, previous, data: message.data, subject: this.#subject };
    if (!this.#isFilling && previous <= this.#position) {
      this.#position = sequence;
      this.#onEntries([entry]);
      return;
    }
    this.#buffer ??= [];
    if (this.#buffer.length < BUFFER_MAX_ENTRIES) this.#buffer.push(entry);
    else this.#again = true;
    if (!this.#isFilling) void this.#refill();
  }

  #give(entries: LogEntry[]): void {
    const fresh = entries.filter(({ sequence }) => sequence > this.#position);
    const last = fresh.at(-1);
    if (!last || this.#isClosed) return;
    this.#position = last.sequence;
    this.#onEntries(fresh);
  }

  /** Gives out what waits as far as it joins on; true when nothing is missing. */
  #join(): boolean {
    const waiting = this.#buffer?.sort((a, b) => a.sequence - b.sequence) ?? [];
    this.#buffer = null;
    for (const [at, entry] of waiting.entries()) {
      if (entry.sequence > this.#position && entry.previous > this.#position) {
        this.#buffer = waiting.slice(at);
        return false;
      }
      this.#give([entry]);
    }
    return true;
  }

  async #refill(): Promise<void> {
    this.#isFilling = true;
    while (!this.#isClosed) {
      this.#again = false;
      try {
        await this.#readStore();
        if (!this.#again && this.#join()) break;
      } catch (error) {
        if (this.#isClosed) return;
        this.#bus.logger.warn({ err: error, subject: this.#subject }, 'cannot read the log, trying again');
        await sleep(REFILL_RETRY_MS);
      }
    }
    this.#isFilling = false;
  }

  /** Gives out what the store holds after the position, up to what is its end now. */
  async #readStore(): Promise<void> {
    const last = await this.#replayer.lastSequence('EVENTS', this.#subject);
    while (this.#position < last && !this.#isClosed) {
      const { entries, complete } = await this.#replayer.page('EVENTS', this.#subject, this.#position);
      this.#give(entries);
      // What retention took in the meantime never comes; the rest is there.
      if (complete && entries.length === 0) break;
    }
  }
}

/**
 * Follows one session's log: the live subject joined to the store by sequence, so that each message is given out once
 * and in order, whatever the connection does. Begins after `after`, or at the log's end where that is not given;
 * resolves when it follows, and rejects where the bus does not answer.
 */
export async function followLog(
  bus: Bus,
  replayer: Replayer,
  session: { userId: string; sessionId: string; after?: number },
  onEntries: (entries: LogEntry[]) => void,
): Promise<Follower> {
  const follower = new LogFollower(bus, replayer, session, onEntries);
  try {
    await follower.begin(session.after);
  } catch (error) {
    follower.close();
    throw error;
  }
  return follower;
}
