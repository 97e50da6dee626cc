import { JetStreamApiError, jetstream } from '@nats-io/jetstream';
import type { MessageDefinition, SubjectParameters, Trace } from '@semibot/protocol';
import { SemibotError } from '@semibot/protocol';
import type { z } from 'zod';
import type { Bus } from './connect.ts';
import { messageHeaders } from './headers.ts';
import { sleep } from './sleep.ts';

export interface PublishOptions {
  /** The idempotency key: a repeat under it is recognised by the server. */
  messageId?: string;
  /** How long the message is kept, in milliseconds; its stream must allow it. */
  ttlMs?: number;
  trace?: Trace;
  /** The subject where it differs from the message's own, as between accounts. */
  subject?: (subject: string) => string;
  /** Gives up when aborted; without one it goes on until the message is kept. */
  signal?: AbortSignal;
}

const ACKNOWLEDGEMENT_TIMEOUT_MS = 2_000;
const RETRY_DELAY_MS = 250;

/**
 * Publishes into a stream and waits until it is kept, repeating under the same message id while the bus is away.
 * Throws what the server says of a message that it refuses, and the signal's reason when aborted.
 */
export async function publishMessage<S extends string, T extends z.ZodType>(
  bus: Bus,
  message: MessageDefinition<S, T>,
  parameters: SubjectParameters<S>,
  value: z.input<T>,
  options: PublishOptions = {},
): Promise<{ sequence: number; duplicate: boolean }> {
  const data = message.encode(value);
  const subject = (options.subject ?? ((same) => same))(message.format(parameters));
  const js = jetstream(bus.nc);
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      const headers = messageHeaders({}, options.trace);
      if (options.ttlMs) headers.set('Nats-TTL', `${options.ttlMs}ms`);
      const ack = await js.publish(subject, data, {
        headers,
        timeout: ACKNOWLEDGEMENT_TIMEOUT_MS,
        ...(options.messageId ? { msgID: options.messageId } : {}),
      });
      return { sequence: ack.seq, duplicate: ack.duplicate };
    } catch (error) {
      if (bus.nc.isClosed()) throw new SemibotError('SERVICE_UNAVAILABLE', { cause: error });
      // The server read it and will say the same again.
      if (error instanceof JetStreamApiError && error.status < 500) throw error;
      await sleep(RETRY_DELAY_MS, options.signal);
    }
  }
}
