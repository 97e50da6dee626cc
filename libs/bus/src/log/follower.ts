import type { Msg } from '@nats-io/transport-node';
import { eventMessage, liveMessage } from '@semibot/protocol';
import type { Bus } from '../connect.ts';
import { sleep } from '../sleep.ts';
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

function liveEntry(message: Msg, subject: string): LiveEntry | null {
  const sequence = Number(message.headers?.get('Nats-Sequence'));
  if (!(sequence > 0)) return null;
  const previous = Number(message.headers?.get('Nats-Last-Sequence'));
  return { sequence, previous, data: message.data, subject };
}

/**
 * Follows one session's log: the live subject joined to the store by sequence, so that each message is given out once
 * and in order, whatever the connection does. Begins after `after`, or at the log's end where that is not given;
 * resolves when it follows.
 */
export async function followLog(
  bus: Bus,
  replayer: Replayer,
  session: { userId: string; sessionId: string; after?: number },
  onEntries: (entries: LogEntry[]) => void,
): Promise<Follower> {
  const where = { user: session.userId, session: session.sessionId };
  const kept = eventMessage.format(where);
  let position = session.after ?? 0;
  let buffer: LiveEntry[] = [];
  let filling = true;
  /** Something happened meanwhile that the reading under way may not have seen. */
  let again = false;
  const closing = new AbortController();

  function give(entries: LogEntry[]): void {
    const fresh = entries.filter((entry) => entry.sequence > position);
    const last = fresh.at(-1);
    if (!last || closing.signal.aborted) return;
    position = last.sequence;
    onEntries(fresh);
  }

  const onLive = (message: Msg): void => {
    const entry = liveEntry(message, kept);
    if (!entry) return;
    if (!filling && entry.sequence > position && entry.previous <= position) {
      give([entry]);
      return;
    }
    if (entry.sequence <= position) return;
    if (buffer.length < BUFFER_MAX_ENTRIES) buffer.push(entry);
    else again = true;
    if (!filling) void refill();
  };

  /** Gives out what waits as far as it joins on; true when nothing is missing. */
  function join(): boolean {
    const waiting = buffer.sort((a, b) => a.sequence - b.sequence);
    buffer = [];
    for (const [at, entry] of waiting.entries()) {
      if (entry.sequence > position && entry.previous > position) {
        buffer = waiting.slice(at);
        return false;
      }
      give([entry]);
    }
    return true;
  }

  async function refill(): Promise<void> {
    filling = true;
    while (!closing.signal.aborted) {
      again = false;
      try {
        const last = await replayer.lastSequence('EVENTS', kept);
        while (position < last && !closing.signal.aborted) {
          const { entries, complete } = await replayer.page('EVENTS', kept, position);
          give(entries);
          // What retention took in the meantime never comes; the rest is there.
          if (complete && entries.length === 0) break;
        }
        if (!again && join()) break;
      } catch (error) {
        if (closing.signal.aborted) return;
        bus.logger.warn({ err: error, session: session.sessionId }, 'cannot read the log, trying again');
        await sleep(REFILL_RETRY_MS, closing.signal).catch(() => undefined);
      }
    }
    filling = false;
  }

  const subscription = bus.nc.subscribe(liveMessage.format(where), {
    callback: (error, message) => {
      if (!error) onLive(message);
    },
  });
  const stopListening = bus.onReconnect(() => {
    again = true;
    if (!filling) void refill();
  });
  const follower: Follower = {
    get position() {
      return position;
    },
    close: () => {
      closing.abort();
      stopListening();
      if (!bus.nc.isClosed()) subscription.unsubscribe();
    },
  };
  try {
    // The subscription stands at the server before the store is read: nothing falls between the two.
    await bus.nc.flush();
    if (session.after === undefined) position = await replayer.lastSequence('EVENTS', kept);
    await refill();
  } catch (error) {
    follower.close();
    throw error;
  }
  return follower;
}
