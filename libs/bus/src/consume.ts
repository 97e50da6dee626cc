import { type JsMsg, jetstream } from '@nats-io/jetstream';
import { CONSUMERS, type ConsumerName, SemibotError, type Trace } from '@semibot/protocol';
import type { Bus } from './connect.ts';
import { deadLetter } from './dead-letter.ts';
import { traceOf } from './headers.ts';
import { sleep } from './sleep.ts';

export interface Delivery {
  subject: string;
  data: Uint8Array;
  trace: Trace;
  /** 1 for the first time. */
  attempt: number;
}

/** What became of a delivery: a handler says it, and never acknowledges by hand. */
export type Outcome =
  | { type: 'done' }
  | { type: 'retry'; delayMs: number }
  | { type: 'reject'; reason: string };
export const done: Outcome = { type: 'done' };
export const retry = (delayMs: number): Outcome => ({ type: 'retry', delayMs });
export const reject = (reason: string): Outcome => ({ type: 'reject', reason });

/** How many deliveries are under way at once. */
const CONCURRENCY = 32;
const RETRY_FIRST_MS = 200;
const RETRY_LAST_MS = 10_000;
/** A message that still fails after so many attempts is put aside. */
const ATTEMPTS_MAX = 500;

/** An error's outcome: what cannot be read is put aside at once, anything else is tried again, more and more slowly. */
function outcomeOf(error: unknown, attempt: number): Outcome {
  if (error instanceof SemibotError && error.code === 'MALFORMED_MESSAGE') return reject(error.message);
  if (attempt >= ATTEMPTS_MAX) return reject(`failed ${attempt} times: ${String(error)}`);
  return retry(Math.min(RETRY_FIRST_MS * 2 ** Math.min(attempt - 1, 16), RETRY_LAST_MS));
}

/** Reads a durable consumer until closed, whatever happens to the bus meanwhile. */
export function consume(
  bus: Bus,
  name: ConsumerName,
  handle: (delivery: Delivery) => Promise<Outcome>,
): { close(): Promise<void> } {
  const { stream } = CONSUMERS[name];
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();

  async function one(message: JsMsg): Promise<void> {
    const attempt = message.info.deliveryCount;
    let outcome: Outcome;
    try {
      const { subject, data } = message;
      outcome = await handle({ subject, data, trace: traceOf(message.headers), attempt });
    } catch (error) {
      outcome = outcomeOf(error, attempt);
      bus.logger.warn(
        { err: error, consumer: name, subject: message.subject, attempt, outcome },
        'delivery failed',
      );
    }
    if (outcome.type === 'done') message.ack();
    else if (outcome.type === 'retry') message.nak(outcome.delayMs);
    else {
      const { subject, data, seq: sequence } = message;
      // Kept aside first, gone from its stream only then.
      const kept = await deadLetter(bus, { stream, subject, sequence, reason: outcome.reason, data }).then(
        () => true,
        () => false,
      );
      if (kept) message.term(outcome.reason);
      else message.nak(RETRY_FIRST_MS);
    }
  }

  const running = (async () => {
    while (!closing.signal.aborted) {
      try {
        const consumer = await jetstream(bus.nc).consumers.get(stream, name);
        const messages = await consumer.consume({ max_messages: CONCURRENCY });
        const stop = (): void => void messages.close();
        closing.signal.addEventListener('abort', stop, { once: true });
        for await (const message of messages) {
          const work = one(message).finally(() => underWay.delete(work));
          underWay.add(work);
          if (underWay.size >= CONCURRENCY) await Promise.race(underWay);
        }
        closing.signal.removeEventListener('abort', stop);
      } catch (error) {
        if (closing.signal.aborted) break;
        bus.logger.warn({ err: error, consumer: name }, 'consumer is away, trying again');
      }
      if (!closing.signal.aborted) await sleep(RETRY_FIRST_MS, closing.signal).catch(() => undefined);
    }
    await Promise.allSettled(underWay);
  })();

  return {
    close: () => {
      closing.abort();
      return running;
    },
  };
}
