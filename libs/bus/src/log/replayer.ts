import type { Msg } from '@nats-io/transport-node';
import { SemibotError } from '@semibot/protocol';
import { z } from 'zod';
import type { Bus } from '../connect.ts';
import { headerNumber, headerText, headerValue } from './message-headers.ts';

/** One message of a log as it is kept. */
export interface LogEntry {
  sequence: number;
  data: Uint8Array;
  subject: string;
}

/** A message as the store gives it. */
export interface StoredEntry extends LogEntry {
  /** Its `Nats-Msg-Id`, empty where it has none. */
  messageId: string;
}

export interface Page {
  entries: StoredEntry[];
  /** Nothing of the subject was left behind these when they were read. */
  complete: boolean;
}

export interface ReadWanted {
  stream: ReplayedStream;
  subject: string;
  after: number;
  maxMessages: number;
}

export interface Replayer {
  /**
   * The subject's messages after a sequence, oldest first, a page of them. Those who ask for the same at the same
   * time share one reading. Throws SERVICE_UNAVAILABLE when the bus does not answer.
   */
  page(stream: ReplayedStream, subject: string, after: number): Promise<Page>;
  /**
   * Reads the same for one who asks alone: at most so many messages, each given out as it comes. Resolves when it has
   * given out the last of them; `complete` when nothing was left behind it.
   */
  read(wanted: ReadWanted, onEntry: (entry: StoredEntry) => void): Promise<{ complete: boolean }>;
  /**
   * The payloads alone, at a fifth of what the store has to do for headers. Gives the sequence of the last one, and
   * rejects where the reading breaks off, for nobody knows then where it did.
   */
  readPayloads(
    wanted: ReadWanted,
    onPayload: (payload: Uint8Array) => void,
  ): Promise<{ last: number; complete: boolean }>;
  /** The sequence of the subject's last message by the stream's leader; 0 where there is none. */
  lastSequence(stream: ReplayedStream, subject: string): Promise<number>;
  close(): void;
}

/** Messages of a page, and bytes of any reading. */
const PAGE_MAX_MESSAGES = 512;
const PAGE_MAX_BYTES = 1024 * 1024;
/** Readings under way at once. */
const CONCURRENCY = 16;
/** A reading from which nothing has come for this long is asked for again, so many times, in milliseconds. */
const SILENCE_MAX_MS = 2_000;
const TRIES_MAX = 4;

const NO_CONTENT = 204;
const NOT_FOUND = 404;
const UNAVAILABLE = 503;

/** The status in the first line of headers, as in `NATS/1.0 404 Message Not Found`; 0 for a message. */
const statusOf = (headers: string): number => Number.parseInt(headers.slice('NATS/1.0'.length, 13), 10) || 0;

/** The two logs that are read again. */
export type ReplayedStream = 'EVENTS' | 'COMMANDS';

const lastMessageSchema = z.union([
  z.object({ message: z.object({ seq: z.int().positive() }) }),
  z.object({ error: z.object({ code: z.int() }) }),
]);

/** The sequence in the leader's answer; 0 for no message, null for an answer that tells nothing. */
function lastMessageSequence(answer: unknown): number | null {
  const parsed = lastMessageSchema.safeParse(answer);
  if (!parsed.success) return null;
  if ('message' in parsed.data) return parsed.data.message.seq;
  return parsed.data.error.code === NOT_FOUND ? 0 : null;
}

interface Reading {
  onMessage(message: Msg): void;
}

/** Reads stored messages in batches by direct get: no consumer, one inbox for all readings. */
export function createReplayer(bus: Bus): Replayer {
  const inbox = bus.newInbox();
  const readings = new Map<string, Reading>();
  const shared = new Map<string, Promise<Page>>();
  const queue: (() => void)[] = [];
  let active = 0;
  let counter = 0;
  const subscription = bus.nc.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (!error) readings.get(message.subject.slice(inbox.length + 1))?.onMessage(message);
    },
  });

  async function withPlace<T>(work: () => Promise<T>): Promise<T> {
    if (active >= CONCURRENCY) await new Promise<void>((resolve) => queue.push(resolve));
    else active += 1;
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next) next();
      else active -= 1;
    }
  }

  /** One batch; null when it broke off. Without headers what comes is the payload, and the end. */
  function batch(
    { stream, subject, after, maxMessages, withHeaders }: ReadWanted & { withHeaders: boolean },
    onMessage: (message: Msg, headers: string) => void,
  ): Promise<{ last: number; pending: number } | null> {
    return new Promise((resolve, reject) => {
      counter += 1;
      const id = counter.toString(36);
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        stopListening();
        readings.delete(id);
        finish();
      };
      const timer = setTimeout(() => settle(() => resolve(null)), SILENCE_MAX_MS);
      const stopListening = bus.onReconnect(() => settle(() => resolve(null)));
      readings.set(id, {
        onMessage: (message) => {
          const headers = headerText(message);
          const status = statusOf(headers);
          if (status === 0) {
            timer.refresh();
            onMessage(message, headers);
          } else if (status === NO_CONTENT || status === NOT_FOUND) {
            const last = headerNumber(headers, 'Nats-Last-Sequence') || 0;
            const pending = headerNumber(headers, 'Nats-Num-Pending') || 0;
            settle(() => resolve({ last, pending }));
          } else if (status === UNAVAILABLE) settle(() => resolve(null));
          else {
            const cause = new Error(headers.split('\r\n', 1)[0]);
            settle(() => reject(new SemibotError('INTERNAL_ERROR', { cause })));
          }
        },
      });
      const request = {
        seq: after + 1,
        next_by_subj: subject,
        batch: maxMessages,
        max_bytes: PAGE_MAX_BYTES,
        ...(withHeaders ? {} : { no_hdr: true }),
      };
      if (bus.isConnected())
        bus.nc.publish(`$JS.API.DIRECT.GET.${stream}`, JSON.stringify(request), { reply: `${inbox}.${id}` });
    });
  }

  async function read(
    wanted: ReadWanted,
    onEntry: (entry: StoredEntry) => void,
  ): Promise<{ complete: boolean }> {
    let { after, maxMessages } = wanted;
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const end = await batch({ ...wanted, after, maxMessages, withHeaders: true }, (message, headers) => {
        const sequence = headerNumber(headers, 'Nats-Sequence');
        // A batch that breaks off is gone on with where it did.
        after = sequence;
        maxMessages -= 1;
        onEntry({
          sequence,
          data: message.data,
          subject: headerValue(headers, 'Nats-Subject'),
          messageId: headerValue(headers, 'Nats-Msg-Id'),
        });
      });
      if (end) return { complete: end.pending === 0 };
      if (maxMessages === 0) return { complete: false };
    }
    throw new SemibotError('SERVICE_UNAVAILABLE', {
      message: `The log of ${wanted.stream} does not answer.`,
    });
  }

  async function readPayloads(
    wanted: ReadWanted,
    onPayload: (payload: Uint8Array) => void,
  ): Promise<{ last: number; complete: boolean }> {
    let messages = 0;
    let bytes = 0;
    const end = await batch({ ...wanted, withHeaders: false }, ({ data }) => {
      messages += 1;
      bytes += data.length;
      onPayload(data);
    });
    if (!end)
      throw new SemibotError('SERVICE_UNAVAILABLE', {
        message: `The log of ${wanted.stream} does not answer.`,
      });
    // The server's count of what is left is not right without headers. A batch that ends well below both of its limits
    // has come to the end; where one has not, reading once more finds out.
    const complete = messages < wanted.maxMessages && bytes < PAGE_MAX_BYTES / 2;
    return { last: end.last, complete };
  }

  async function readPage(wanted: ReadWanted): Promise<Page> {
    const entries: StoredEntry[] = [];
    const { complete } = await read(wanted, (entry) => entries.push(entry));
    return { entries, complete };
  }

  return {
    page(stream, subject, after) {
      const key = `${stream} ${subject} ${after}`;
      const running = shared.get(key);
      if (running) return running;
      const wanted = { stream, subject, after, maxMessages: PAGE_MAX_MESSAGES };
      const page = withPlace(() => readPage(wanted)).finally(() => shared.delete(key));
      shared.set(key, page);
      return page;
    },
    read: (wanted, onEntry) => withPlace(() => read(wanted, onEntry)),
    readPayloads: (wanted, onPayload) => withPlace(() => readPayloads(wanted, onPayload)),
    async lastSequence(stream, subject) {
      for (let tries = 0; tries < TRIES_MAX; tries += 1) {
        const answer = await bus.nc
          .request(`$JS.API.STREAM.MSG.GET.${stream}`, JSON.stringify({ last_by_subj: subject }), {
            timeout: SILENCE_MAX_MS,
          })
          .then(
            (message) => lastMessageSequence(message.json()),
            () => null,
          );
        if (answer !== null) return answer;
        if (bus.nc.isClosed()) break;
      }
      throw new SemibotError('SERVICE_UNAVAILABLE', { message: `The log of ${stream} does not answer.` });
    },
    close: () => {
      if (!bus.nc.isClosed()) subscription.unsubscribe();
    },
  };
}
