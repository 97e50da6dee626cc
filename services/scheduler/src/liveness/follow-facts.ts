import type { Msg } from '@nats-io/transport-node';
import { type Bus, deadLetter, traceOf } from '@semibot/bus';
import { type MessageDefinition, SemibotError, vmHeartbeatMessage, vmReadyMessage } from '@semibot/protocol';
import { runInContext } from '@semibot/service';
import type { z } from 'zod';

type UserFact = MessageDefinition<`vm.<user>.${string}`>;

/** What is done with the facts that runtimes tell of themselves. */
export interface FactListener {
  ready(userId: string, fact: z.output<typeof vmReadyMessage.schema>): void;
  heartbeat(userId: string, fact: z.output<typeof vmHeartbeatMessage.schema>): void;
}

/** Follows runtimes' facts as the server republishes them. What cannot be read is put aside as a dead letter. */
export async function followFacts(app: Bus, listener: FactListener): Promise<{ close(): void }> {
  function follow<T extends UserFact>(
    definition: T,
    onFact: (userId: string, fact: z.output<T['schema']>) => void,
  ) {
    return app.nc.subscribe(definition.filter(), {
      callback: (failed, message) => {
        const user = definition.parse(message.subject)?.user;
        // Without JetStream's headers it was never kept and is no fact.
        if (failed || !user || !message.headers?.has('Nats-Sequence')) return;
        let fact: z.output<T['schema']>;
        try {
          fact = definition.decode(message.data) as z.output<T['schema']>;
        } catch (error) {
          return putAside(message, SemibotError.from(error).message);
        }
        runInContext({ ...traceOf(message.headers), userId: user }, () => onFact(user, fact));
      },
    });
  }

  function putAside(message: Msg, reason: string): void {
    const sequence = Number(message.headers?.get('Nats-Sequence'));
    const { subject, data } = message;
    deadLetter(app, { stream: 'KV_vms', subject, sequence, reason, data }).catch((error: unknown) =>
      app.logger.warn({ err: error, subject }, 'dead letter lost'),
    );
  }

  const subscriptions = [
    follow(vmReadyMessage, listener.ready),
    follow(vmHeartbeatMessage, listener.heartbeat),
  ];
  await app.nc.flush();
  return {
    close: () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
    },
  };
}
