import { describe, expect, it } from 'vitest';
import {
  ATTEMPTS_EXCEEDED,
  type Decision,
  decide,
  graceAfterOutage,
  RECONNECT_GRACE_MAX_MS,
  RECONNECT_GRACE_MS,
  STABLE_AFTER_MS,
} from './decide.ts';
import type { Patch } from './instance.ts';
import { anInstance } from './testing.ts';

const policy = { cooldownMs: 30_000, provisioningCooldownMs: 5_000, maxAttempts: 5, usersStart: false };
const NOW = Date.parse('2026-01-01T12:00:00Z');
const ago = (ms: number): Date => new Date(NOW - ms);
const connected: Patch = { serverId: 'N1', connectionId: '7', connectedAt: ago(60_000) };
const wasReady: Patch = { bootId: 'boot-1', readyAt: ago(60_000), bootstrapAttempts: 0 };

const wait = (retryAfterMs: number): Decision => ({ type: 'wait', retryAfterMs });
const bootstrap = (more: Partial<Extract<Decision, { type: 'bootstrap' }>> = {}): Decision => ({
  type: 'bootstrap',
  keepTickets: false,
  quickCrashes: 0,
  ...more,
});
const fail = (why = ''): Decision => ({ type: 'fail', error: `${ATTEMPTS_EXCEEDED}${why}` });

interface Case {
  state: string;
  /** Null: there is none. */
  instance: Patch | null;
  processRuns?: boolean;
  busGraceUntil?: number;
  /** Somebody waits for it. */
  needed?: boolean;
  decision: Decision;
  /** With force; default a bootstrap of the same instance. */
  forced?: Decision;
}

const cases: Case[] = [
  {
    state: 'there is none',
    instance: null,
    decision: { type: 'create' },
    forced: { type: 'create' },
  },
  {
    state: 'terminated',
    instance: { status: 'terminated', endedAt: ago(0) },
    decision: { type: 'create' },
    forced: { type: 'create' },
  },
  {
    state: 'failed just now, so that all who wait hear of it',
    instance: { status: 'failed', endedAt: ago(1_000) },
    decision: wait(4_000),
    forced: { type: 'create' },
  },
  {
    state: 'failed a while ago',
    instance: { status: 'failed', endedAt: ago(5_000) },
    decision: { type: 'create' },
    forced: { type: 'create' },
  },

  {
    state: 'ready and connected',
    instance: { status: 'ready', ...connected, ...wasReady },
    decision: { type: 'ready' },
  },
  {
    state: 'ready in the books and not connected',
    instance: { status: 'ready', ...wasReady },
    decision: bootstrap(),
  },

  {
    state: 'frozen, and nobody needs it',
    instance: { status: 'frozen', ...connected, ...wasReady },
    decision: { type: 'rest' },
  },
  {
    state: 'frozen, and somebody needs it',
    instance: { status: 'frozen', ...connected, ...wasReady },
    needed: true,
    decision: { type: 'thaw' },
  },
  {
    state: 'frozen for so long that its connection is gone, and somebody needs it',
    instance: { status: 'frozen', ...wasReady },
    needed: true,
    decision: { type: 'thaw' },
  },

  {
    state: 'disconnected, and its process is gone: no cooldown holds back the one who was ready',
    instance: {
      status: 'disconnected',
      ...wasReady,
      lastBootstrapAt: ago(20_000),
      disconnectedAt: ago(10),
      reconnectUntil: ago(-4_990),
    },
    decision: bootstrap(),
  },
  {
    state: 'disconnected, and its process lives: it may come back by itself',
    instance: {
      status: 'disconnected',
      ...wasReady,
      disconnectedAt: ago(1_000),
      reconnectUntil: ago(-4_000),
    },
    processRuns: true,
    decision: wait(4_000),
  },
  {
    state: 'disconnected, its process lives, and it has not come back',
    instance: { status: 'disconnected', ...wasReady, disconnectedAt: ago(5_000), reconnectUntil: ago(0) },
    processRuns: true,
    decision: bootstrap(),
  },
  {
    state: 'disconnected, its process lives, and the bus was away for long',
    instance: { status: 'disconnected', ...wasReady, disconnectedAt: ago(9_000), reconnectUntil: ago(0) },
    processRuns: true,
    busGraceUntil: NOW + 12_000,
    decision: wait(12_000),
  },
  {
    state: 'disconnected because it went silent: nothing is waited for, though its process is there',
    instance: { status: 'disconnected', ...wasReady, disconnectedAt: ago(0), reconnectUntil: null },
    processRuns: true,
    busGraceUntil: NOW + 10_000,
    decision: bootstrap(),
  },
  {
    state: 'disconnected soon after it was ready',
    instance: {
      status: 'disconnected',
      ...wasReady,
      readyAt: ago(STABLE_AFTER_MS),
      disconnectedAt: ago(1),
      quickCrashes: 2,
    },
    decision: bootstrap({ quickCrashes: 3 }),
  },
  {
    state: 'disconnected soon after it was ready, again and again',
    instance: {
      status: 'disconnected',
      ...wasReady,
      readyAt: ago(STABLE_AFTER_MS),
      disconnectedAt: ago(1),
      quickCrashes: 5,
    },
    decision: fail(': the runtime dies each time soon after it is ready'),
  },
  {
    state: 'disconnected after it was ready for a while: earlier crashes are forgotten',
    instance: {
      status: 'disconnected',
      ...wasReady,
      readyAt: ago(STABLE_AFTER_MS),
      disconnectedAt: ago(0),
      quickCrashes: 5,
    },
    decision: bootstrap(),
  },
  {
    state: 'disconnected, never ready, within the cooldown',
    instance: { status: 'disconnected', lastBootstrapAt: ago(29_000) },
    decision: wait(1_000),
  },
  {
    state: 'disconnected, never ready, after the cooldown',
    instance: { status: 'disconnected', lastBootstrapAt: ago(30_000) },
    decision: bootstrap(),
  },
  {
    state: 'disconnected, never ready, at the cap',
    instance: { status: 'disconnected', lastBootstrapAt: ago(30_000), bootstrapAttempts: 5 },
    decision: fail(),
  },

  {
    state: 'starting, within the cooldown',
    instance: { status: 'starting', lastBootstrapAt: ago(29_999) },
    decision: wait(1),
  },
  {
    state: 'starting, after the cooldown',
    instance: { status: 'starting', lastBootstrapAt: ago(30_000) },
    decision: bootstrap(),
  },
  {
    state: 'starting, at the cap',
    instance: { status: 'starting', lastBootstrapAt: ago(30_000), bootstrapAttempts: 5 },
    decision: fail(),
  },

  {
    state: 'provisioning, within its shorter cooldown',
    instance: { lastBootstrapAt: ago(4_000) },
    decision: wait(1_000),
  },
  {
    state: 'provisioning, and its process is seen to be on its way',
    instance: { lastBootstrapAt: ago(5_000) },
    processRuns: true,
    decision: wait(25_000),
  },
  {
    state: 'provisioning, and its process does not get there',
    instance: { lastBootstrapAt: ago(30_000) },
    processRuns: true,
    decision: bootstrap({ keepTickets: true }),
  },
  {
    state: 'provisioning, after its shorter cooldown: a ticket nobody has used stays good',
    instance: { lastBootstrapAt: ago(5_000) },
    decision: bootstrap({ keepTickets: true }),
  },
  {
    state: 'provisioning, having lost the connection on which it was not ready yet',
    instance: { lastBootstrapAt: ago(60_000), disconnectedAt: ago(3_000) },
    decision: wait(2_000),
  },
  {
    state: 'provisioning, alive, while the bus has just come back',
    instance: { lastBootstrapAt: ago(60_000) },
    processRuns: true,
    busGraceUntil: NOW + 2_500,
    decision: wait(2_500),
  },
  {
    state: 'provisioning, the last attempt, within its cooldown: it is given its time',
    instance: { lastBootstrapAt: ago(1_000), bootstrapAttempts: 5 },
    decision: wait(4_000),
  },
  {
    state: 'provisioning, the last attempt over',
    instance: { lastBootstrapAt: ago(5_000), bootstrapAttempts: 5, bootstrapLastError: 'exit code 1' },
    decision: fail(': exit code 1'),
  },

  {
    state: 'running: on the bus, not ready yet',
    instance: { status: 'running', ...connected, connectedAt: ago(10_000), lastBootstrapAt: ago(11_000) },
    processRuns: true,
    decision: wait(20_000),
  },
  {
    state: 'running again after a reconnect, long after its bootstrap',
    instance: {
      status: 'running',
      ...connected,
      ...wasReady,
      connectedAt: ago(100),
      lastBootstrapAt: ago(3_600_000),
    },
    processRuns: true,
    decision: wait(29_900),
  },
  {
    state: 'running and never ready',
    instance: { status: 'running', ...connected, connectedAt: ago(30_000) },
    processRuns: true,
    busGraceUntil: NOW + 1_000,
    decision: bootstrap(),
  },
];

describe('what is done about a runtime', () => {
  it.each(cases)(
    '$state',
    ({ instance, processRuns = false, busGraceUntil = 0, needed = false, decision }) => {
      const situation = {
        instance: instance && anInstance(ago(60_000), instance),
        processRuns,
        busGraceUntil,
        now: NOW,
        force: false,
        needed,
      };
      expect(decide(situation, policy)).toEqual(decision);
    },
  );

  it.each(cases)('by force: $state', ({ instance, processRuns = false, busGraceUntil = 0, forced }) => {
    const situation = {
      instance: instance && anInstance(ago(60_000), instance),
      processRuns,
      busGraceUntil,
      now: NOW,
      force: true,
      needed: false,
    };
    expect(decide(situation, policy)).toEqual(forced ?? bootstrap());
  });
});

describe("a runtime on its user's own machine", () => {
  const own = { ...policy, usersStart: true };
  const decided = (instance: Patch | null, processRuns = true, force = false) =>
    decide(
      {
        instance: instance && anInstance(ago(60_000), instance),
        processRuns,
        busGraceUntil: 0,
        now: NOW,
        force,
        needed: true,
      },
      own,
    );

  it.each<[string, Patch | null, Decision]>([
    ['there is none', null, { type: 'create' }],
    ['it has not come yet, after many attempts', { bootstrapAttempts: 9 }, wait(30_000)],
    ['it is ready', { status: 'ready', ...connected, ...wasReady }, { type: 'ready' }],
    [
      'its connection has just ended',
      { status: 'disconnected', ...wasReady, disconnectedAt: ago(1_000), reconnectUntil: ago(-4_000) },
      wait(4_000),
    ],
    [
      'it has not come back in time',
      { status: 'disconnected', ...wasReady, disconnectedAt: ago(6_000), reconnectUntil: ago(1_000) },
      { type: 'lose' },
    ],
    ['it is on the bus and not ready', { status: 'running', ...connected }, wait(30_000)],
  ])('%s', (_state, instance, decision) => {
    expect(decided(instance)).toEqual(decision);
  });

  it('gets a new ticket on request alone', () => {
    expect(decided({ bootstrapAttempts: 9 }, true, true)).toEqual(bootstrap());
  });
});

describe('the time that runtimes have to come back after the bus was away', () => {
  it.each([
    [0, RECONNECT_GRACE_MS],
    [1_000, RECONNECT_GRACE_MS],
    [8_000, 16_000],
    [3_600_000, RECONNECT_GRACE_MAX_MS],
  ])('is for an outage of %d ms %d ms', (outage, grace) => {
    expect(graceAfterOutage(outage)).toBe(grace);
  });
});
