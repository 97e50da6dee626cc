import type { MsgHdrs } from '@nats-io/transport-node';
import {
  checkMessage,
  type EventBody,
  eventMessage,
  HEADERS,
  type LogPosition,
  limits,
  SemibotError,
  type Trace,
} from '@semibot/protocol';
import type { BusLogger } from '../connect.ts';
import { sleep } from '../sleep.ts';
import type { Attempt } from './attempt.ts';

export interface WriterOptions {
  userId: string;
  sessionId: string;
  runId: string;
  generation: number;
  /**
   * What this writer's message ids begin with; no other writer's may. A repeat under the same prefix is recognised,
   * also by a process that comes after this one.
   */
  idPrefix: string;
  /** Where the log stands, as far as is known: if it stands elsewhere, the first append finds out. */
  position: LogPosition;
  /**
   * Asks where the log stands, and whether the message with this id is in it. Throws RUN_STALE where the run is in
   * other hands; any other error is tried again.
   */
  readTail(messageId: string): Promise<{ position: LogPosition; landed: boolean }>;
  trace: Trace;
}

/** Writes one run's events into its session's log: in order, one in flight, each expecting the one before it. */
export interface LogWriter {
  /** Takes the event; what cannot be sent at once waits, and adjacent text merges. Nothing once fenced out. */
  append(body: EventBody): void;
  /** Resolves when all that was taken is in the log; rejects when the writer is fenced out. */
  flush(): Promise<void>;
  /** Resolves when there is room for more. */
  writable(): Promise<void>;
  /** The index of the next event to be sent, when nothing waits. */
  readonly nextIndex: number;
  /** The sequence of the last event that is in the log. */
  readonly sequence: number;
  /** Aborted when the run is in other hands; its reason is the SemibotError RUN_STALE. */
  readonly signal: AbortSignal;
  /** Stops writing and forgets what waits. */
  close(): void;
}

/** Text that may wait for the bus before the writer asks for a pause, in characters. */
const BUFFER_MAX_CHARACTERS = 256 * 1024;
const TAIL_RETRY_MS = 200;

/** Headers as bytes, made once an attempt. The client asks nothing of headers that it sends but `encode`. */
function encodedHeaders(text: string): MsgHdrs {
  const bytes = Buffer.from(text, 'latin1');
  return { encode: () => bytes } as unknown as MsgHdrs;
}

const sizeOf = (body: EventBody): number =>
  body.type === 'text_chunk' || body.type === 'thinking' ? body.text.length : 1;

/** The two as one where they are the same kind of text and together not too long. */
function merged(last: EventBody | undefined, next: EventBody): EventBody | null {
  if (last?.type !== next.type || !('text' in last) || !('text' in next)) return null;
  if (last.type !== 'text_chunk' && last.type !== 'thinking') return null;
  if (last.text.length + next.text.length > limits.EVENT_TEXT_MAX_CHARACTERS) return null;
  return { ...last, text: last.text + next.text };
}

export function createLogWriter(
  options: WriterOptions,
  submit: (attempt: Attempt) => void,
  logger: BusLogger,
): LogWriter {
  const { userId, sessionId, runId, generation, idPrefix, trace } = options;
  const subject = eventMessage.format({ user: userId, session: sessionId });
  const fixedHeaders =
    `${HEADERS.run}: ${runId}\r\n${HEADERS.generation}: ${generation}\r\n` +
    `${HEADERS.requestId}: ${trace.requestId}\r\n${HEADERS.traceparent}: ${trace.traceparent}\r\n\r\n`;

  let position = options.position;
  let waiting: EventBody[] = [];
  let waitingCharacters = 0;
  let inFlight: EventBody | null = null;
  let messageCounter = 0;
  const fence = new AbortController();
  const whenDone: { resolve(): void; reject(error: unknown): void }[] = [];
  const whenWritable: (() => void)[] = [];

  function fail(error: SemibotError): void {
    if (fence.signal.aborted) return;
    waiting = [];
    waitingCharacters = 0;
    inFlight = null;
    fence.abort(error);
    for (const { reject } of whenDone.splice(0)) reject(error);
    for (const resolve of whenWritable.splice(0)) resolve();
  }

  function pump(): void {
    if (inFlight || fence.signal.aborted) return;
    const body = waiting.shift();
    if (!body) {
      for (const { resolve } of whenDone.splice(0)) resolve();
      return;
    }
    waitingCharacters -= sizeOf(body);
    if (waitingCharacters < BUFFER_MAX_CHARACTERS) for (const resolve of whenWritable.splice(0)) resolve();
    inFlight = body;
    const messageId = `${idPrefix}-${messageCounter}`;
    messageCounter += 1;
    attempt(body, messageId);
  }

  function attempt(body: EventBody, messageId: string): void {
    const expected = position;
    const { nextIndex: index, sequence: previous } = expected;
    const event = { ...body, sessionId, runId, index, time: new Date().toISOString(), previous };
    let data: Uint8Array;
    try {
      // The same as the message's own encode, by Node's faster way to bytes.
      data = Buffer.from(JSON.stringify(checkMessage(eventMessage.schema, event, eventMessage.name)));
    } catch (error) {
      fail(SemibotError.from(error));
      return;
    }
    const text =
      `NATS/1.0\r\nNats-Msg-Id: ${messageId}\r\n` +
      `Nats-Expected-Last-Subject-Sequence: ${previous}\r\n${fixedHeaders}`;
    submit({
      subject,
      data,
      headers: encodedHeaders(text),
      onAnswer: (answer) => {
        if (fence.signal.aborted) return;
        if (answer.type === 'kept') landed({ sequence: answer.sequence, nextIndex: index + 1 });
        else void rebase(body, messageId);
      },
    });
  }

  function landed(at: LogPosition): void {
    position = at;
    inFlight = null;
    pump();
  }

  /** Someone else has written: asks how the log stands, and goes on from there or stops. */
  async function rebase(body: EventBody, messageId: string): Promise<void> {
    while (!fence.signal.aborted) {
      try {
        const tail = await options.readTail(messageId);
        if (fence.signal.aborted) return;
        if (tail.landed) {
          landed(tail.position);
          return;
        }
        // Told the same as before, though it was refused: whoever tells has not caught up.
        if (tail.position.sequence === position.sequence) await sleep(TAIL_RETRY_MS);
        position = tail.position;
        attempt(body, messageId);
        return;
      } catch (error) {
        if (error instanceof SemibotError && error.code === 'RUN_STALE') {
          logger.info({ runId, generation }, 'run is in other hands, its writer stops');
          fail(error);
          return;
        }
        logger.warn({ err: error, runId }, 'cannot read where the log stands, trying again');
        await sleep(TAIL_RETRY_MS);
      }
    }
  }

  return {
    append(body) {
      if (fence.signal.aborted) return;
      const last = waiting.at(-1);
      const both = merged(last, body);
      if (both) waiting[waiting.length - 1] = both;
      else waiting.push(body);
      waitingCharacters += sizeOf(body);
      pump();
    },
    flush: () =>
      new Promise((resolve, reject) => {
        if (fence.signal.aborted) reject(fence.signal.reason);
        else if (!inFlight && waiting.length === 0) resolve();
        else whenDone.push({ resolve, reject });
      }),
    writable: () =>
      new Promise((resolve) => {
        if (waitingCharacters < BUFFER_MAX_CHARACTERS || fence.signal.aborted) resolve();
        else whenWritable.push(resolve);
      }),
    get nextIndex() {
      return position.nextIndex;
    },
    get sequence() {
      return position.sequence;
    },
    signal: fence.signal,
    close: () => fail(new SemibotError('RUN_STALE')),
  };
}
