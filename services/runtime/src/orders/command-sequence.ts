import type { Command, Trace } from '@semibot/protocol';

/** A command as it came, with the ids of the request that it came of. */
export interface Order {
  command: Command;
  trace: Trace;
}

/** Puts a user's commands in order by their numbers: each comes out once, none before the one that precedes it. */
export interface CommandSequence {
  /** All up to this number has come out, or will never come. */
  readonly last: number;
  /** The highest number that is known to be given out. */
  readonly highest: number;
  /** Takes one more; gives what is due now. What lies beyond a gap waits. */
  take(order: Order): Order[];
  /** Closes the gaps up to this number: what is not among these or the waiting ones was for somebody else. */
  settle(orders: readonly Order[], upTo: number): Order[];
}

/** A sequence in which everything up to `after` is done. */
export function createCommandSequence(after: number): CommandSequence {
  let last = after;
  const waiting = new Map<number, Order>();

  const isNew = ({ command }: Order): boolean => command.number > last && !waiting.has(command.number);
  const wait = (order: Order): void => {
    if (isNew(order)) waiting.set(order.command.number, order);
  };
  function release(upTo: number): Order[] {
    const due: Order[] = [];
    for (const number of [...waiting.keys()].sort((a, b) => a - b)) {
      const order = waiting.get(number);
      if (!order || number > Math.max(last, upTo) + 1) break;
      waiting.delete(number);
      last = number;
      due.push(order);
    }
    last = Math.max(last, upTo);
    return due;
  }

  return {
    get last() {
      return last;
    },
    get highest() {
      return Math.max(last, ...waiting.keys());
    },
    take(order) {
      wait(order);
      return release(last);
    },
    settle(orders, upTo) {
      for (const order of orders) wait(order);
      return release(upTo);
    },
  };
}
