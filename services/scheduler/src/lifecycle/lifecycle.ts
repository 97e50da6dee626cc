import { newId, SemibotError } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import { newTicket } from '../auth/vm-ticket.ts';
import { type Decision, decide, type Policy } from '../domain/decide.ts';
import {
  type Connection,
  connectionOf,
  type Instance,
  isConnected,
  isOver,
  type Patch,
  withoutConnection,
} from '../domain/instance.ts';
import { bootstrapped, processSeen } from '../domain/transitions.ts';
import type { Driver } from '../drivers/driver.ts';
import type { Database } from '../store/database.ts';
import { noteGone } from '../store/gone-facts.ts';
import { insertInstance, lockInstance, newestInstance, patchInstance } from '../store/instances.ts';
import type { Launcher } from './launcher.ts';

/** What was decided, and the instance as it is after that. */
export interface Outcome {
  instance: Instance;
  decision: Decision;
}

/** What was seen of an instance, as a change to it; null where it does not concern it. */
export type Seen = (instance: Instance, now: Date) => Patch | null;

export interface LifecycleOptions {
  db: Database;
  driver: Driver;
  policy: Policy;
  launcher: Launcher;
  /** Until when living runtimes may be on their way back after the bus was away, in ms since 1970. */
  busGraceUntil: () => number;
  /** Called after a process was given up. */
  onGone: () => void;
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
  /** Looks after an instance that is not settled. */
  drive(userId: string): Promise<void>;
  /** What would be decided now; nothing is done. */
  peek(userId: string): Promise<{ instance: Instance | null; decision: Decision }>;
}

/** Of many who begin a user's first instance at once one wins; the others find it at their next look. */
const MAX_LOOKS = 5;

export function createLifecycle(options: LifecycleOptions): Lifecycle {
  const { db, driver, policy, launcher, logger } = options;

  interface Step {
    userId: string;
    /** Where given, an instance is begun if there is none. */
    orgId?: string;
    force?: boolean;
    seen?: Seen;
    why: string;
  }
  /** An outcome with what must be done once it is committed. */
  interface Committed extends Outcome {
    ticket?: string;
    gone: boolean;
    replaced: Connection | null;
  }

  const situationOf = (instance: Instance | null, processRuns: boolean, force: boolean, now: Date) =>
    ({ instance, processRuns, busGraceUntil: options.busGraceUntil(), now: now.getTime(), force }) as const;

  /** One decision, under the row's lock. Null where nothing was seen that concerns the instance. */
  const step = (wanted: Step): Promise<Committed | null> =>
    db.transaction().execute(async (trx) => {
      for (let look = 0; look < MAX_LOOKS; look += 1) {
        const now = new Date();
        const before = await lockInstance(trx, wanted.userId);
        const looked = await lookAt(trx, before, wanted.seen, now);
        if (!looked) return null;
        const decision = decide(
          situationOf(looked.instance, looked.processRuns, wanted.force ?? false, now),
          policy,
        );
        // The connection as it was: a silent one is off the books by now and still on the bus.
        const replaced = before && connectionOf(before);
        const done = await carryOut(trx, wanted, looked.instance, decision, now);
        if (done !== 'again') return done && { ...done, decision, replaced };
      }
      throw new SemibotError('SERVICE_UNAVAILABLE');
    });

  /** The instance with what was seen of it; null where that does not concern it. */
  async function lookAt(trx: Database, before: Instance | null, seen: Seen | undefined, now: Date) {
    let instance = before;
    if (seen) {
      const patch = instance && !isOver(instance) ? seen(instance, now) : null;
      if (!instance || !patch) return null;
      instance = await patchInstance(trx, instance, patch);
    }
    if (!instance || !isUnsettled(instance)) return { instance, processRuns: false };
    const vmId = await driver.find(instance.userId);
    instance = await patchInstance(trx, instance, processSeen(instance, vmId, now) ?? {});
    return { instance, processRuns: vmId !== null };
  }

  /** Writes the decision down. `again` where somebody else began the user's instance meanwhile. */
  async function carryOut(
    trx: Database,
    { userId, orgId, why }: Step,
    instance: Instance | null,
    decision: Decision,
    now: Date,
  ) {
    if (decision.type === 'create') {
      if (!orgId) return null;
      const inserted = await insertInstance(trx, { id: newId(), userId, orgId, mode: driver.mode });
      if (!inserted) return 'again' as const;
      return await bootstrap(trx, inserted, { keepTickets: false, quickCrashes: 0 }, why, now);
    }
    if (!instance) return null;
    if (decision.type === 'bootstrap') return await bootstrap(trx, instance, decision, why, now);
    if (decision.type !== 'fail') return { instance, gone: false };
    const gone = await giveUp(trx, instance, why, now);
    const failed = await patchInstance(trx, instance, {
      ...withoutConnection(),
      status: 'failed',
      bootstrapLastError: decision.error,
      bootId: null,
      nkey: null,
      endedAt: now,
    });
    return { instance: failed, gone };
  }

  async function bootstrap(
    trx: Database,
    instance: Instance,
    how: { keepTickets: boolean; quickCrashes: number },
    why: string,
    now: Date,
  ) {
    const gone = await giveUp(trx, instance, why, now);
    const { ticket, hash } = newTicket();
    const patch = bootstrapped(instance, { hash, keepOlder: how.keepTickets }, how.quickCrashes, now);
    return { instance: await patchInstance(trx, instance, patch), ticket, gone };
  }

  /** The process that was ready counts no more. */
  async function giveUp(trx: Database, instance: Instance, reason: string, time: Date): Promise<boolean> {
    const { bootId, userId, id: instanceId } = instance;
    if (bootId === null) return false;
    await noteGone(trx, { bootId, messageId: newId(), userId, instanceId, reason, time });
    return true;
  }

  async function act(wanted: Step): Promise<Outcome | null> {
    const done = await step(wanted);
    if (!done) return null;
    const { instance, decision, ticket, gone, replaced } = done;
    const { userId, id: instanceId } = instance;
    if (gone) options.onGone();
    if (replaced && (ticket !== undefined || decision.type === 'fail')) options.onReplaced(replaced);
    if (ticket !== undefined) {
      logger.info({ userId, instanceId, attempt: instance.bootstrapAttempts, why: wanted.why }, 'bootstrap');
      launcher.launch(instance, ticket);
    }
    if (decision.type === 'fail') {
      logger.error({ userId, instanceId, reason: decision.error }, 'instance failed');
      await driver.kill(userId);
    }
    return { instance, decision };
  }

  return {
    async ensure(user, { force = false } = {}) {
      const why = force ? 'it was started anew' : 'it was off the bus when it was needed';
      const outcome = await act({ ...user, force, why });
      if (!outcome) throw new Error('no instance after ensure');
      return outcome;
    },
    see: (userId, seen, why) => act({ userId, seen, why }),
    drive: async (userId) => void (await act({ userId, why: 'it did not come back' })),
    async peek(userId) {
      const instance = await newestInstance(db, userId);
      const processRuns = instance && isUnsettled(instance) ? (await driver.find(userId)) !== null : false;
      return { instance, decision: decide(situationOf(instance, processRuns, false, new Date()), policy) };
    },
  };
}

const isUnsettled = (instance: Instance): boolean =>
  !isOver(instance) && !(instance.status === 'ready' && isConnected(instance));
