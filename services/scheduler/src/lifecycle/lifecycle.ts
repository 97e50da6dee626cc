import type { Logger } from '@semibot/service';
import type { Connection } from '../domain/instance.ts';
import type { Driver } from '../drivers/driver.ts';
import type { Books, Decided, Seen, Step } from './books.ts';
import type { Launcher } from './launcher.ts';

/** What was decided, and the instance as it is after that. */
export type Outcome = Pick<Decided, 'instance' | 'decision' | 'ticket'>;

export interface LifecycleOptions {
  books: Books;
  driver: Driver;
  launcher: Launcher;
  /** Called when the bus must be told of a process that was given up or sleeps. */
  onFact: () => void;
  /** Called when a connection counts no more, though it may still be there. */
  onReplaced: (connection: Connection) => void;
  logger: Logger;
}

/** The life of runtimes: what is seen goes into the books, what the books say is decided, what is decided is done. */
export interface Lifecycle {
  /** Brings the user's runtime up where it is not. With `force` past cooldown and cap, and past a living one. */
  ensure(user: { userId: string; orgId: string }, options?: { force?: boolean }): Promise<Outcome>;
  /** Writes down what was seen and does what follows from it; null where it concerns nothing. */
  see(userId: string, seen: Seen, why: string): Promise<Outcome | null>;
  /** Ends the user's runtime for good; the next message begins a new one. Null where there is none. */
  stop(userId: string): Promise<Outcome | null>;
  /** Looks after an instance that is not settled. */
  drive(userId: string): Promise<void>;
  /** Puts the runtime to sleep if nobody has needed it of late and this process is the one that is ready. */
  rest(userId: string, heard: { instanceId: string; bootId: string }): Promise<void>;
  /** What would be decided now; nothing is done. */
  peek: Books['peek'];
}

export function createLifecycle(options: LifecycleOptions): Lifecycle {
  const { books, driver, launcher, logger } = options;

  async function act(wanted: Step): Promise<Outcome | null> {
    const done = await books.step(wanted);
    if (!done) return null;
    const { instance, decision, ticket, gone, replaced } = done;
    const { userId, id: instanceId } = instance;
    if (gone) options.onFact();
    const over = ticket !== undefined || decision.type === 'fail' || decision.type === 'lose' || wanted.stop;
    if (replaced && over) options.onReplaced(replaced);
    if (ticket !== undefined) {
      logger.info({ userId, instanceId, attempt: instance.bootstrapAttempts, why: wanted.why }, 'bootstrap');
      // One that may be on its way with an older ticket is left alone; anything else that still runs must end.
      const replaces = instance.bootstraps > 1 && !(decision.type === 'bootstrap' && decision.keepTickets);
      launcher.launch(instance, ticket, wanted.force || replaces);
    }
    if (wanted.stop) {
      logger.info({ userId, instanceId }, 'runtime stopped on request');
      await driver.kill(userId);
    }
    if (decision.type === 'fail') {
      logger.error({ userId, instanceId, reason: decision.error }, 'instance failed');
      await driver.kill(userId);
    }
    return { instance, decision, ...(ticket !== undefined && { ticket }) };
  }

  return {
    async ensure(user, { force = false } = {}) {
      const why = force ? 'it was started anew' : 'it was off the bus when it was needed';
      const outcome = await act({ ...user, force, needed: true, why });
      if (!outcome) throw new Error('no instance after ensure');
      return outcome;
    },
    see: (userId, seen, why) => act({ userId, seen, why }),
    stop: (userId) => act({ userId, stop: true, why: 'it was stopped on request' }),
    drive: async (userId) => void (await act({ userId, why: 'it did not come back' })),
    async rest(userId, heard) {
      if (!(await books.freeze(userId, heard))) return;
      logger.info({ userId, ...heard }, 'runtime put to sleep');
      options.onFact();
    },
    peek: books.peek,
  };
}
