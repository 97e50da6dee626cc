import { type Bus, deadLetter, type LogEntry } from '@semibot/bus';
import { eventMessage, SemibotError } from '@semibot/protocol';
import { LRUCache } from 'lru-cache';
import { isOneLine } from './frame.ts';

/** An event as it goes to readers. */
export interface CheckedEvent {
  /** JSON in one line. */
  payload: Uint8Array;
  /** The sequence of the event before it, where its writer told it. */
  previous: number | undefined;
}

/** Reads an event of a session's log; throws MALFORMED_MESSAGE where it is none. */
export function readEvent(data: Uint8Array, sessionId: string): CheckedEvent {
  const event = eventMessage.decode(data);
  if (event.sessionId !== sessionId)
    throw new SemibotError('MALFORMED_MESSAGE', { message: 'The event belongs to another session.' });
  return { payload: isOneLine(data) ? data : eventMessage.encode(event), previous: event.previous };
}

/** Checks what stands in the log before readers get it. */
export interface EventCheck {
  /** The payload as readers get it, or null for one that is no event of this session: it is put aside, once. */
  payload(entry: LogEntry, sessionId: string): Uint8Array | null;
}

/** Sequences of malformed events that are remembered as put aside. */
const PUT_ASIDE_MAX = 1_000;

export function createEventCheck(bus: Bus): EventCheck {
  const putAside = new LRUCache<number, true>({ max: PUT_ASIDE_MAX });

  function reject({ sequence, subject, data }: LogEntry, reason: string): void {
    if (putAside.has(sequence)) return;
    putAside.set(sequence, true);
    deadLetter(bus, { stream: 'EVENTS', subject, sequence, reason, data }).catch((error: unknown) => {
      // Whoever meets it next tries again; the stream takes it once.
      putAside.delete(sequence);
      bus.logger.warn({ err: error, subject, sequence }, 'malformed event could not be put aside');
    });
  }

  return {
    payload(entry, sessionId) {
      try {
        return readEvent(entry.data, sessionId).payload;
      } catch (error) {
        reject(entry, SemibotError.from(error).message);
        return null;
      }
    },
  };
}
