import { setTimeout as delay } from 'node:timers/promises';
import { type Bus, followSubject, type Requester } from '@semibot/bus';
import { type Command, orderMessage, type Trace } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import { type CommandSequence, createCommandSequence, type Order } from './command-sequence.ts';

/** The way by which a runtime is told what to do. */
export interface Orders {
  /** Resolves when nothing that is ordered from now on can be missed. */
  ready: Promise<void>;
  /** Hands on what is ordered after this command number. */
  begin(after: number): void;
  close(): void;
}

const CATCH_UP_RETRY_MS = 1_000;

/**
 * Follows a user's orders and hands on those for this process, in the order of their numbers and each once. What may
 * have been missed (a jump in the numbers, an order that cannot be read, a break of the connection) is asked for.
 */
export function followOrders(options: {
  bus: Bus;
  requester: Requester;
  userId: string;
  bootId: string;
  logger: Logger;
  onCommand(command: Command, trace: Trace): void;
}): Orders {
  const { bus, requester, bootId, logger } = options;
  const stopped = new AbortController();
  /** What comes before it is known where this process begins. */
  const early: Order[] = [];
  let sequence: CommandSequence | null = null;
  let catchingUp = false;
  let again = false;

  function handOn(orders: readonly Order[]): void {
    for (const { command, trace } of orders) if (command.bootId === bootId) options.onCommand(command, trace);
  }

  function take(order: Order): void {
    if (!sequence) {
      early.push(order);
      return;
    }
    handOn(sequence.take(order));
    if (sequence.highest > sequence.last) catchUp();
  }

  /** Asks until the answer is empty: then all that was known of when it was asked for is here or was not for us. */
  async function ask(from: CommandSequence): Promise<void> {
    do {
      again = false;
      const known = from.highest;
      const { commands } = await requester.request('commands_after', null, { bootId, number: from.last });
      const upTo = commands.at(-1)?.command.number ?? known;
      handOn(from.settle(commands, upTo));
      again ||= commands.length > 0 || from.highest > from.last;
    } while (again && !stopped.signal.aborted);
  }

  function catchUp(): void {
    again = true;
    if (catchingUp || !sequence) return;
    catchingUp = true;
    void (async (from) => {
      while (!stopped.signal.aborted) {
        try {
          await ask(from);
          break;
        } catch (error) {
          logger.warn({ err: error }, 'cannot ask for missed orders, trying again');
          await delay(CATCH_UP_RETRY_MS, undefined, { signal: stopped.signal }).catch(() => {});
        }
      }
      catchingUp = false;
    })(sequence);
  }

  const subscription = followSubject(
    bus,
    orderMessage,
    { user: options.userId },
    (command, { trace }) => take({ command, trace }),
    (error, subject, number) => {
      logger.warn({ err: error, subject, sequence: number }, 'order that cannot be read, passed over');
      catchUp();
    },
  );
  const stopListening = bus.onReconnect(catchUp);

  return {
    ready: subscription.ready,
    begin(after) {
      sequence = createCommandSequence(after);
      for (const order of early.splice(0)) take(order);
    },
    close() {
      stopped.abort();
      stopListening();
      subscription.close();
    },
  };
}
