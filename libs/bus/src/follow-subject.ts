import type { MsgHdrs } from '@nats-io/transport-node';
import type { MessageDefinition, SubjectParameters, Trace } from '@semibot/protocol';
import { SemibotError } from '@semibot/protocol';
import type { z } from 'zod';
import type { Bus } from './connect.ts';
import { traceOf } from './headers.ts';

export interface Followed<P> {
  parameters: P;
  /** The stream sequence under which the server keeps the message. */
  sequence: number;
  trace: Trace;
  headers: MsgHdrs;
}

/**
 * Follows a subject that a stream republishes. What comes without JetStream's headers was never kept and is no
 * message of ours; it is passed over. What cannot be read goes to `onMalformed`. Nothing is replayed here.
 */
export function followSubject<S extends string, T extends z.ZodType>(
  bus: Bus,
  message: MessageDefinition<S, T>,
  parameters: Partial<SubjectParameters<S>>,
  onMessage: (value: z.output<T>, about: Followed<SubjectParameters<S>>) => void,
  onMalformed: (error: SemibotError, subject: string, sequence: number) => void,
): { ready: Promise<void>; close(): void } {
  const subscription = bus.nc.subscribe(message.filter(parameters), {
    callback: (failed, received) => {
      if (failed) return;
      const sequence = Number(received.headers?.get('Nats-Sequence'));
      const found = message.parse(received.subject);
      if (!received.headers || !found || !(sequence > 0)) {
        bus.logger.warn({ subject: received.subject }, 'message that no stream has kept, passed over');
        return;
      }
      let value: z.output<T>;
      try {
        value = message.decode(received.data);
      } catch (error) {
        onMalformed(SemibotError.from(error), received.subject, sequence);
        return;
      }
      onMessage(value, {
        parameters: found,
        sequence,
        trace: traceOf(received.headers),
        headers: received.headers,
      });
    },
  });
  return {
    ready: bus.nc.flush(),
    close: () => {
      if (!bus.nc.isClosed()) subscription.unsubscribe();
    },
  };
}
