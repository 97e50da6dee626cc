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
  async function step({ userId, orgId, force = false, seen, why }: Step): Promise<Committed | null> {
    return await db.transaction().execute(async (trx) => {
      for (let look = 0; look < MAX_LOOKS; look += 1) {
        const now = new Date();
        let instance = await lockInstance(trx, userId);
        if (seen) {
          const patch = instance && !isOver(instance) ? seen(instance, now) : null;
          if (!instance || !patch) return null;
          instance = await patchInstance(trx, instance, patch);
        }
        let processRuns = false;
        if (instance && isUnsettled(instance)) {
          const vmId = await driver.find(userId);
          processRuns = vmId !== null;
          instance = await patchInstance(trx, instance, processSeen(instance, vmId, now) ?? {});
        }
        const decision = decide(situationOf(instance, processRuns, force, now), policy);
        switch (decision.type) {
          case 'create': {
            if (!orgId) return null;
            const fresh = { id: newId(), userId, orgId, mode: driver.mode };
            const inserted = await insertInstance(trx, fresh);
            if (!inserted) continue;
            return await bootstrap(
              trx,
              inserted,
              { keepTickets: false, quickCrashes: 0 },
              decision,
              why,
              now,
            );
          }
          case 'bootstrap':
            if (!instance) throw new Error('no instance to bootstrap');
            return await bootstrap(trx, instance, decision, decision, why, now);
          case 'fail': {
            if (!instance) throw new Error('no instance to fail');
            const replaced = connectionOf(instance);
            const gone = await giveUp(trx, instance, why, now);
            const failed = await patchInstance(trx, instance, {
              ...withoutConnection(),
              status: 'failed',
              bootstrapLastError: decision.error,
              bootId: null,
              nkey: null,
              endedAt: now,
            });
            return { instance: failed, decision, gone, replaced };
          }
          default:
            return instance ? { instance, decision, gone: false, replaced: null } : null;
        }
      }
      throw new SemibotError('SERVICE_UNAVAILABLE');
    });
  }

  async function bootstrap(
    trx: Database,
    instance: Instance,
    how: { keepTickets: boolean; quickCrashes: number },
    decision: Decision,
    why: string,
    now: Date,
  ): Promise<Committed> {
    const replaced = connectionOf(instance);
    const gone = await giveUp(trx, instance, why, now);
    const { ticket, hash } = newTicket();
    const patch = bootstrapped(instance, { hash, keepOlder: how.keepTickets }, how.quickCrashes, now);
    return { instance: await patchInstance(trx, instance, patch), decision, ticket, gone, replaced };
  }

  /** The process that was ready counts no more. */
  async function giveUp(trx: Database, instance: Instance, reason: string, time: Date): Promise<boolean> {
    const { bootId, userId, id: instanceId } = instance;
    if (bootId === null) return false;
    await noteGone(trx, { bootId, userId, instanceId, reason, time });
    return true;
  }

  async function act(wanted: Step): Promise<Outcome | null> {
    const done = await step(wanted);
    if (!done) return null;
    const { instance, decision, ticket, gone, replaced } = done;
    const { userId, id: instanceId } = instance;
    if (gone) options.onGone();
    if (replaced) options.onReplaced(replaced);
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
