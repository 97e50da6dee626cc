import { describe, expect, it } from 'vitest';
import { ATTEMPTS_EXCEEDED, type Decision, decide, RECONNECT_GRACE_MS } from './decide.ts';
import type { Instance, InstanceStatus, Patch } from './instance.ts';
import { anInstance } from './testing.ts';
import {
  bootstrapped,
  connectionClosed,
  frozen,
  over,
  processEnded,
  processSeen,
  saidReady,
  thawed,
  wentSilent,
  whyAwake,
} from './transitions.ts';

const policy = { cooldownMs: 30_000, provisioningCooldownMs: 5_000, maxAttempts: 5, usersStart: false };
const NOW = new Date('2026-01-01T12:00:00Z');
const ago = (ms: number): Date => new Date(NOW.getTime() - ms);

const connection = { serverId: 'N1', connectionId: '7' };
const onTheBus: Patch = { ...connection, connectedAt: ago(60_000), nkey: 'U1', usedTicketHash: 'hash-1' };
const wasReady: Patch = {
  bootId: 'boot-1',
  readyAt: ago(60_000),
  bootstrapAttempts: 0,
  lastBootstrapAt: ago(61_000),
};

/** Every state, as an instance typically is in it. */
const STATES: Record<InstanceStatus, Patch> = {
  starting: { status: 'starting', vmId: null, lastBootstrapAt: ago(100) },
  provisioning: { status: 'provisioning', lastBootstrapAt: ago(100) },
  running: { status: 'running', ...onTheBus, connectedAt: ago(100) },
  ready: { status: 'ready', ...onTheBus, ...wasReady },
  disconnected: {
    status: 'disconnected',
    ...wasReady,
    disconnectedAt: ago(100),
    reconnectUntil: new Date(NOW.getTime() + RECONNECT_GRACE_MS),
  },
  frozen: { status: 'frozen', ...onTheBus, ...wasReady, frozenAt: ago(1_000) },
  failed: { status: 'failed', endedAt: ago(60_000), bootstrapAttempts: 5 },
  terminated: { status: 'terminated', endedAt: ago(60_000) },
};
const ready = { instanceId: anInstance(NOW).id, bootId: 'boot-1' };
const older = { serverId: 'N1', connectionId: '6' };
const newTicket = (keepOlder: boolean) => ({ hash: 'hash-2', keepOlder });

interface Step {
  from: InstanceStatus;
  /** What is different from the state as it typically is. */
  being?: Patch;
  /** What happens, in words. */
  when: string;
  happens: (instance: Instance) => Patch | string | null;
  /** What the books say then; a string or null where they say what they said. */
  says: Patch | string | null;
  /** What is to be done about it, and whether the process is seen to run, and somebody waits. */
  next?: Decision['type'];
  processRuns?: boolean;
  needed?: boolean;
}

/** FEATURES part 6, transition by transition; the traps that an earlier Semibot fell into are named as such. */
const LIFE: Step[] = [
  {
    from: 'starting',
    when: 'its driver has been asked and the scheduler has died meanwhile',
    being: { lastBootstrapAt: ago(5_000) },
    happens: (i) => processSeen(i, null, NOW),
    says: {
      status: 'provisioning',
      lastBootstrapAt: null,
      bootstrapLastError: 'the bootstrap was interrupted',
    },
    next: 'bootstrap',
  },
  {
    from: 'starting',
    when: 'the process that a dead scheduler started is found',
    being: { lastBootstrapAt: ago(5_000) },
    happens: (i) => processSeen(i, '12', NOW),
    says: { status: 'provisioning', vmId: '12' },
    processRuns: true,
    next: 'wait',
  },
  {
    from: 'provisioning',
    when: 'trap: the spawn fails late, by an exit before the connect: the reason is kept',
    happens: (i) => processEnded(i, '4711', 'with code 1', NOW),
    says: {
      status: 'provisioning',
      vmId: null,
      bootstrapLastError: 'the runtime ended before it was ready: with code 1',
    },
    next: 'wait',
  },
  {
    from: 'provisioning',
    when: 'trap: an older process of it ends late: nothing is said of the newer one',
    happens: (i) => processEnded(i, '4710', 'by SIGKILL', NOW),
    says: null,
    next: 'wait',
  },
  {
    from: 'provisioning',
    being: { lastBootstrapAt: ago(5_000) },
    when: 'trap: it is started again: a ticket that nobody used stays good for a process on its way',
    happens: (i) => bootstrapped(i, newTicket(true), 0, NOW),
    says: { status: 'starting', ticketHashes: ['hash-1', 'hash-2'], bootstrapAttempts: 2 },
    next: 'wait',
  },
  {
    from: 'provisioning',
    being: { bootstrapAttempts: 5, lastBootstrapAt: ago(5_000), bootstrapLastError: 'exit code 1' },
    when: 'the attempts are used up',
    happens: () => null,
    says: null,
    next: 'fail',
  },
  {
    from: 'running',
    being: { bootstrapAttempts: 4, bootstrapLastError: 'exit code 1' },
    when: 'it says that it is ready: attempts and errors are forgotten',
    happens: (i) => saidReady(i, ready, NOW),
    says: { status: 'ready', bootId: 'boot-1', bootstrapAttempts: 0, bootstrapLastError: null },
    next: 'ready',
  },
  {
    from: 'running',
    being: { previousBootId: 'boot-1' },
    when: 'trap: the process that was replaced says that it is ready',
    happens: (i) => saidReady(i, ready, NOW),
    says: 'another process',
    next: 'wait',
  },
  {
    from: 'running',
    when: 'its connection ends before it was ready',
    happens: (i) => connectionClosed(i, connection, NOW),
    says: { status: 'provisioning', connectionId: null },
    next: 'wait',
  },
  {
    from: 'ready',
    when: 'its connection ends: it has a while to come back by itself',
    happens: (i) => connectionClosed(i, connection, NOW),
    says: { status: 'disconnected', disconnectedAt: NOW },
    processRuns: true,
    next: 'wait',
  },
  {
    from: 'ready',
    when: 'trap: the end of an older connection comes late',
    happens: (i) => connectionClosed(i, older, NOW),
    says: null,
    next: 'ready',
  },
  {
    from: 'ready',
    when: 'it goes silent with its connection standing: it is replaced, though its process is there',
    happens: (i) => wentSilent(i, NOW),
    says: { status: 'disconnected', reconnectUntil: null },
    processRuns: true,
    next: 'bootstrap',
  },
  {
    from: 'ready',
    when: 'its process dies: it is brought back at once, no cooldown holds it up',
    being: { lastBootstrapAt: ago(10) },
    happens: (i) => processEnded(i, '4711', 'by SIGKILL', NOW),
    says: { status: 'disconnected', vmId: null, bootstrapLastError: 'the runtime ended: by SIGKILL' },
    next: 'bootstrap',
  },
  {
    from: 'ready',
    being: { serverId: null, connectionId: null },
    when: 'trap: the books call it ready and it is not connected',
    happens: () => null,
    says: null,
    next: 'bootstrap',
  },
  {
    from: 'ready',
    when: 'it has nothing to do for long: it is frozen',
    happens: (i) => whyAwake(i, ready, 900_000, NOW) ?? frozen(NOW),
    says: { status: 'frozen', frozenAt: NOW },
    next: 'rest',
  },
  {
    from: 'ready',
    being: { neededAt: ago(1_000) },
    when: 'it has nothing to do, and somebody has just asked for it',
    happens: (i) => whyAwake(i, ready, 900_000, NOW) ?? frozen(NOW),
    says: 'it was asked for',
    next: 'ready',
  },
  {
    from: 'disconnected',
    when: 'it says ready on the connection on which it came back',
    being: { ...onTheBus, status: 'running' },
    happens: (i) => saidReady(i, ready, NOW),
    says: { status: 'ready', disconnectedAt: null, reconnectUntil: null },
    next: 'ready',
  },
  {
    from: 'disconnected',
    when: 'its process is found gone',
    happens: (i) => processSeen(i, null, NOW),
    says: { status: 'disconnected', vmId: null },
    next: 'bootstrap',
  },
  {
    from: 'disconnected',
    when: 'it is started anew: whoever came before is not let in again',
    happens: (i) => bootstrapped(i, newTicket(false), 0, NOW),
    says: {
      status: 'starting',
      nkey: null,
      ticketHashes: ['hash-2'],
      bootId: null,
      previousBootId: 'boot-1',
    },
    next: 'wait',
  },
  {
    from: 'frozen',
    when: 'somebody needs it: it is ready at once',
    happens: (i) => thawed(i, NOW),
    says: { status: 'ready', frozenAt: null },
    needed: true,
    next: 'ready',
  },
  {
    from: 'frozen',
    being: { serverId: null, connectionId: null },
    when: 'somebody needs it, and the server had given its connection up',
    happens: (i) => thawed(i, NOW),
    says: { status: 'disconnected', disconnectedAt: NOW },
    processRuns: true,
    needed: true,
    next: 'wait',
  },
  {
    from: 'frozen',
    when: 'the server gives its connection up: nobody waits for it',
    happens: (i) => connectionClosed(i, connection, NOW),
    says: { status: 'frozen', connectionId: null },
    next: 'rest',
  },
  {
    from: 'frozen',
    when: 'its process ends: what nobody needs is not brought back',
    happens: (i) => processEnded(i, '4711', 'by SIGKILL', NOW),
    says: { status: 'frozen', vmId: null },
    next: 'rest',
  },
  {
    from: 'frozen',
    when: 'trap: its last word from before comes late',
    happens: (i) => saidReady(i, ready, NOW),
    says: 'it is frozen',
    next: 'rest',
  },
  ...(['starting', 'provisioning', 'running', 'ready', 'disconnected', 'frozen'] as const).map(
    (from): Step => ({
      from,
      when: 'it is stopped on request: nobody comes back under it',
      happens: () => ({ ...over(NOW), status: 'terminated' }),
      says: { status: 'terminated', nkey: null, ticketHashes: [], connectionId: null, endedAt: NOW },
      next: 'create',
    }),
  ),
  ...(['failed', 'terminated'] as const).map(
    (from): Step => ({
      from,
      when: 'the runtime is needed again: a new instance begins',
      happens: () => null,
      says: null,
      needed: true,
      next: 'create',
    }),
  ),
];

describe('the life of a runtime', () => {
  it.each(LIFE)(
    '$from, $when',
    ({ from, being, happens, says, next, processRuns = false, needed = false }) => {
      const instance = anInstance(ago(60_000), { ...STATES[from], ...being });
      const happened = happens(instance);
      const patch = typeof happened === 'string' ? null : happened;
      const after = { ...instance, ...patch };
      if (says === null || typeof says === 'string') expect(happened).toBe(says);
      else expect(after).toMatchObject(says);
      const situation = { instance: after, processRuns, busGraceUntil: 0, now: NOW.getTime(), needed };
      expect(decide({ ...situation, force: false }, policy).type).toBe(next);
    },
  );

  it.each(Object.keys(STATES) as InstanceStatus[])(
    '%s: force passes over cooldown, cap and grace',
    (from) => {
      const patch = { ...STATES[from], bootstrapAttempts: 99, lastBootstrapAt: NOW };
      const instance = anInstance(NOW, patch);
      const situation = { instance, processRuns: true, busGraceUntil: NOW.getTime() + 9_000, needed: true };
      const isOver = from === 'failed' || from === 'terminated';
      expect(decide({ ...situation, now: NOW.getTime(), force: true }, policy).type).toBe(
        isOver ? 'create' : 'bootstrap',
      );
    },
  );

  it('is over, with the reason, when its attempts are used up', () => {
    const patch: Patch = {
      bootstrapAttempts: 5,
      lastBootstrapAt: ago(5_000),
      bootstrapLastError: 'exit code 1',
    };
    const instance = anInstance(ago(60_000), { ...STATES.provisioning, ...patch });
    const situation = { instance, processRuns: false, busGraceUntil: 0, needed: true, force: false };
    expect(decide({ ...situation, now: NOW.getTime() }, policy)).toEqual({
      type: 'fail',
      error: `${ATTEMPTS_EXCEEDED}: exit code 1`,
    });
  });
});
