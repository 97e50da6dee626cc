import { newId, SemibotError } from '@semibot/protocol';
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

/** What was seen of an instance, as a change to it; null where it does not concern it. */
export type Seen = (instance: Instance, now: Date) => Patch | null;

/** A look at a user's instance, and what is to come of it. */
export interface Step {
  userId: string;
  /** Where given, an instance is begun if there is none. */
  orgId?: string;
  /** Past cooldown and cap, and past a living runtime. */
  force?: boolean;
  seen?: Seen;
  /** What a process that is given up is said to have come to. */
  why: string;
}

/** What was decided and written down, and what must be done now that it is. */
export interface Decided {
  /** As it is after the decision. */
  instance: Instance;
  decision: Decision;
  /** The ticket of the bootstrap that was decided. */
  ticket?: string;
  /** A process was given up; the bus must be told. */
  gone: boolean;
  /** The connection that the instance had. */
  replaced: Connection | null;
}

/** The scheduler's books: each decision is made and written down in one transaction, under the instance's lock. */
export interface Books {
  /** Null where nothing was seen that concerns the instance, or there is none and none is to be. */
  step(step: Step): Promise<Decided | null>;
  /** What would be decided now; nothing is written. */
  peek(userId: string): Promise<{ instance: Instance | null; decision: Decision }>;
}

/** Of many who begin a user's first instance at once one wins; the others find it at their next look. */
const MAX_LOOKS = 5;

export function createBooks({
  db,
  driver,
  policy,
  busGraceUntil,
  isLaunching,
}: {
  db: Database;
  driver: Driver;
  policy: Policy;
  /** Until when living runtimes may be on their way back after the bus was away, in ms since 1970. */
  busGraceUntil: () => number;
  /** Whether this scheduler is about to start the instance: then nothing of it is to be seen yet. */
  isLaunching: (instanceId: string) => boolean;
}): Books {
  const situationOf = (instance: Instance | null, processRuns: boolean, force: boolean, now: Date) =>
    ({ instance, processRuns, busGraceUntil: busGraceUntil(), now: now.getTime(), force }) as const;

  const step = (wanted: Step): Promise<Decided | null> =>
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
    if (isLaunching(instance.id)) return { instance, processRuns: false };
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

  async function peek(userId: string) {
    const instance = await newestInstance(db, userId);
    const processRuns = instance && isUnsettled(instance) ? (await driver.find(userId)) !== null : false;
    return { instance, decision: decide(situationOf(instance, processRuns, false, new Date()), policy) };
  }

  return { step, peek };
}

const isUnsettled = (instance: Instance): boolean =>
  !isOver(instance) && !(instance.status === 'ready' && isConnected(instance));
