import type { Msg } from '@nats-io/transport-node';
import { z } from 'zod';
import type { Bus } from '../connect.ts';
import type { AppendAnswer, Attempt } from './attempt.ts';
import { createLogWriter, type LogWriter, type WriterOptions } from './writer.ts';

/** Appends to logs over one connection: one inbox for all acknowledgements, one timer for all repeats. */
export interface Appender {
  openWriter(options: WriterOptions): LogWriter;
  close(): void;
}

/** An append that was not answered by then is sent again under its message id, in milliseconds. */
const RESEND_AFTER_MS = 1_000;
const SWEEP_INTERVAL_MS = 250;
/** JetStream's codes for an expected last sequence that is not the last. */
const WRONG_LAST_SEQUENCE = new Set([10071, 10164]);

const acknowledgementSchema = z.union([
  z.object({ stream: z.string(), seq: z.int().positive() }),
  z.object({ error: z.object({ err_code: z.int().optional(), description: z.string() }) }),
]);

function readAnswer(message: Msg): AppendAnswer {
  if (message.data.length === 0) return { type: 'unavailable', reason: `status ${message.headers?.code}` };
  const answer = acknowledgementSchema.safeParse(message.json());
  if (!answer.success) return { type: 'unavailable', reason: 'unreadable acknowledgement' };
  if ('seq' in answer.data) return { type: 'kept', sequence: answer.data.seq };
  const { err_code: code, description } = answer.data.error;
  if (code !== undefined && WRONG_LAST_SEQUENCE.has(code)) return { type: 'conflict' };
  return { type: 'unavailable', reason: description };
}

interface UnderWay {
  attempt: Attempt;
  sentAt: number;
  sends: number;
}

export function createAppender(bus: Bus): Appender {
  const inbox = bus.newInbox();
  const underWay = new Map<string, UnderWay>();
  /** Ids for acknowledgements that can be used again: the server finds its way to a subject it knows with less work. */
  const freeIds: string[] = [];
  let counter = 0;
  let timer: NodeJS.Timeout | null = null;

  const subscription = bus.nc.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (error) return;
      const id = message.subject.slice(inbox.length + 1);
      const found = underWay.get(id);
      if (!found) return;
      const answer = readAnswer(message);
      if (answer.type === 'unavailable') {
        // Stays under way: the sweep sends it again.
        bus.logger.warn(
          { subject: found.attempt.subject, reason: answer.reason },
          'append not kept, trying again',
        );
        return;
      }
      underWay.delete(id);
      // What was sent more than once may be answered more than once: nobody else must wait under that id.
      if (found.sends === 1) freeIds.push(id);
      found.attempt.onAnswer(answer);
    },
  });

  function send(id: string, entry: UnderWay): void {
    // What the client would hold back while it has no connection would go out a second time by the resend below.
    if (!bus.isConnected()) return;
    entry.sends += 1;
    const { attempt } = entry;
    bus.nc.publish(attempt.subject, attempt.data, { reply: `${inbox}.${id}`, headers: attempt.headers });
  }

  function resend(olderThanMs: number): void {
    const now = Date.now();
    for (const [id, found] of underWay) {
      if (now - found.sentAt < olderThanMs) continue;
      found.sentAt = now;
      send(id, found);
    }
    if (underWay.size === 0 && timer) {
      clearInterval(timer);
      timer = null;
    }
  }

  const stopListening = bus.onReconnect(() => resend(0));

  function newId(): string {
    counter += 1;
    return counter.toString(36);
  }

  const submit = (attempt: Attempt): void => {
    const id = freeIds.pop() ?? newId();
    const entry = { attempt, sentAt: Date.now(), sends: 0 };
    underWay.set(id, entry);
    send(id, entry);
    timer ??= setInterval(() => resend(RESEND_AFTER_MS), SWEEP_INTERVAL_MS);
  };

  return {
    openWriter: (options) => createLogWriter(options, submit, bus.logger),
    close: () => {
      stopListening();
      if (timer) clearInterval(timer);
      underWay.clear();
      if (!bus.nc.isClosed()) subscription.unsubscribe();
    },
  };
}
