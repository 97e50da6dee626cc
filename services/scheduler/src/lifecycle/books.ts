import { newId, SemibotError } from '@semibot/protocol';
import { newTicket } from '../auth/vm-ticket.ts';
import {
  type Decision,
  decide,
  type Policy,
  RECONNECT_GRACE_MS,
  RETURN_WITHIN_MS,
} from '../domain/decide.ts';
import {
  type Connection,
  connectionOf,
  type Instance,
  isConnected,
  isOver,
  type Patch,
} from '../domain/instance.ts';
import { bootstrapped, frozen, lost, over, processSeen, thawed, whyAwake } from '../domain/transitions.ts';
import type { Driver } from '../drivers/driver.ts';
import type { Database } from '../store/database.ts';
import { insertInstance, lockInstance, newestInstance, patchInstance } from '../store/instances.ts';
import { forgetFact, noteFact } from '../store/untold-facts.ts';

/** What was seen of an instance, as a change to it; null where it does not concern it. */
export type Seen = (instance: Instance, now: Date) => Patch | null;

/** A look at a user's instance, and what is to come of it. */
export interface Step {
  userId: string;
  /** Where given, an instance is begun if there is none. */
  orgId?: string;
  /** Past cooldown and cap, and past a living runtime. */
  force?: boolean;
  /** Somebody waits for the runtime: one that sleeps is woken. */
  needed?: boolean;
  /** Ends the instance, whatever it does. */
  stop?: boolean;
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
  /**
   * Puts the runtime to sleep if it is this process, ready, and nobody asked for it of late. The bus must be told then;
   * false where it stays awake.
   */
  freeze(userId: string, heard: { instanceId: string; bootId: string }): Promise<boolean>;
  /** What would be decided now; nothing is written. */
  peek(userId: string): Promise<{ instance: Instance | null; decision: Decision }>;
}

/** Of many who begin a user's first instance at once one wins; the others find it at their next look. */
const MAX_LOOKS = 5;

export function createBooks({
  db,
  driver,
  policy,
  idleForMs,
  busGraceUntil,
  isLaunching,
}: {
  db: Database;
  driver: Driver;
  policy: Policy;
  /** So long a runtime must not have been asked for before it may sleep, in milliseconds. */
  idleForMs: number;
  /** Until when living runtimes may be on their way back after the bus was away, in ms since 1970. */
  busGraceUntil: () => number;
  /** Whether this scheduler is about to start the instance: then nothing of it is to be seen yet. */
  isLaunching: (instanceId: string) => boolean;
}): Books {
  const situationOf = (
    instance: Instance | null,
    processRuns: boolean,
    { force = false, needed = false }: Pick<Step, 'force' | 'needed'>,
    now: Date,
  ) => ({ instance, processRuns, busGraceUntil: busGraceUntil(), now: now.getTime(), force, needed });

  const step = (wanted: Step): Promise<Decided | null> =>
    db.transaction().execute(async (trx) => {
      for (let look = 0; look < MAX_LOOKS; look += 1) {
        const now = new Date();
        const before = await lockInstance(trx, wanted.userId);
        const looked = await lookAt(trx, before, wanted.seen, now);
        if (!looked) return null;
        if (wanted.stop) return await terminate(trx, before, wanted.why, now);
        const decision = decide(situationOf(looked.instance, looked.processRuns, wanted, now), policy);
        // The connection as it was: a silent one is off the books by now and still on the bus.
        const replaced = before && connectionOf(before);
        const done = await carryOut(trx, wanted, looked.instance, decision, now);
        if (done !== 'again') return done && { decision, ...done, replaced };
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
    const vmId = driver.sees ? await driver.find(instance.userId) : instance.vmId;
    const ended = vmId === null ? instance.vmId : null;
    const how = (ended && (await driver.howEnded?.(instance.userId, ended))) ?? undefined;
    instance = await patchInstance(trx, instance, processSeen(instance, vmId, now, how) ?? {});
    return { instance, processRuns: vmId !== null };
  }

  /** Writes the decision down. `again` where somebody else began the user's instance meanwhile. */
  async function carryOut(
    trx: Database,
    { userId, orgId, why, needed }: Step,
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
    if (decision.type === 'thaw') return await wake(trx, instance, now);
    if (decision.type === 'ready' && needed)
      return { instance: await patchInstance(trx, instance, { neededAt: now }), gone: false };
    if (decision.type === 'lose') {
      const gone = await giveUp(trx, instance, why, now);
      return { instance: await patchInstance(trx, instance, lost()), gone };
    }
    if (decision.type !== 'fail') return { instance, gone: false };
    const gone = await giveUp(trx, instance, why, now);
    const failed = await patchInstance(trx, instance, {
      ...over(now),
      status: 'failed',
      bootstrapLastError: decision.error,
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
    const patched = await patchInstance(trx, instance, { ...patch, mode: driver.mode });
    return { instance: patched, ticket, gone };
  }

  async function terminate(trx: Database, instance: Instance | null, why: string, now: Date) {
    if (!instance || isOver(instance)) return null;
    const gone = await giveUp(trx, instance, why, now);
    const patch = { ...over(now), status: 'terminated' } as const;
    const decision: Decision = { type: 'create' };
    const replaced = connectionOf(instance);
    return { instance: await patchInstance(trx, instance, patch), gone, decision, replaced };
  }

  /** Wakes a runtime that sleeps; where it cannot be woken, another is started. */
  async function wake(trx: Database, instance: Instance, now: Date) {
    if (!mayWake(instance, now) || !(await driver.thaw(instance.userId))) {
      const decision: Decision = { type: 'bootstrap', keepTickets: false, quickCrashes: 0 };
      const done = await bootstrap(trx, instance, decision, 'it could not be woken', now);
      return { ...done, decision };
    }
    if (instance.bootId) await forgetFact(trx, { bootId: instance.bootId, fact: 'frozen' });
    const awake = await patchInstance(trx, instance, thawed(instance, now));
    const decision: Decision = isConnected(awake)
      ? { type: 'ready' }
      : { type: 'wait', retryAfterMs: RECONNECT_GRACE_MS };
    return { instance: awake, gone: false, decision };
  }

  const freeze: Books['freeze'] = (userId, heard) =>
    db.transaction().execute(async (trx) => {
      const now = new Date();
      const instance = await lockInstance(trx, userId);
      if (!instance || whyAwake(instance, heard, idleForMs, now) !== null) return false;
      if (!(await driver.freeze(userId))) {
        // Asked again after as long.
        await patchInstance(trx, instance, { neededAt: now });
        return false;
      }
      await patchInstance(trx, instance, frozen(now));
      const { id: instanceId } = instance;
      const reason = 'it had nothing to do';
      await noteFact(trx, {
        bootId: heard.bootId,
        fact: 'frozen',
        messageId: newId(),
        userId,
        instanceId,
        reason,
        time: now,
      });
      return true;
    });

  /** The process that was ready counts no more. */
  async function giveUp(trx: Database, instance: Instance, reason: string, time: Date): Promise<boolean> {
    const { bootId, userId, id: instanceId } = instance;
    if (bootId === null) return false;
    await noteFact(trx, { fact: 'gone', bootId, messageId: newId(), userId, instanceId, reason, time });
    return true;
  }

  async function peek(userId: string) {
    const instance = await newestInstance(db, userId);
    const looks = instance !== null && isUnsettled(instance);
    const vmId = looks && driver.sees ? await driver.find(userId) : instance?.vmId;
    const processRuns = looks && Boolean(vmId);
    return { instance, decision: decide(situationOf(instance, processRuns, {}, new Date()), policy) };
  }

  return { step, freeze, peek };
}

/** One that lost its connection too long ago is not let in again. */
const mayWake = (instance: Instance, now: Date): boolean =>
  isConnected(instance) || now.getTime() - (instance.frozenAt?.getTime() ?? 0) < RETURN_WITHIN_MS;

const isUnsettled = (instance: Instance): boolean =>
  !isOver(instance) &&
  instance.status !== 'frozen' &&
  !(instance.status === 'ready' && isConnected(instance));
