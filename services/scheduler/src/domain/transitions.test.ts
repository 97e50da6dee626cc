import { describe, expect, it } from 'vitest';
import { RECONNECT_GRACE_MS } from './decide.ts';
import type { Patch } from './instance.ts';
import { anInstance } from './testing.ts';
import {
  bootstrapped,
  connectionClosed,
  frozen,
  processEnded,
  processSeen,
  SPAWN_MAX_MS,
  saidReady,
  thawed,
  wentSilent,
  whyAwake,
} from './transitions.ts';

const NOW = new Date('2026-01-01T12:00:00Z');
const before = (ms: number): Date => new Date(NOW.getTime() - ms);
const instance = (patch: Patch = {}) => anInstance(before(60_000), patch);
const connection = { serverId: 'N1', connectionId: '7' };
const running: Patch = { status: 'running', ...connection, connectedAt: before(1_000), nkey: 'U1' };
const ready: Patch = { ...running, status: 'ready', bootId: 'boot-1', readyAt: before(900) };
const fact = { instanceId: instance().id, bootId: 'boot-1' };

describe('the end of a connection', () => {
  it('makes a ready runtime disconnected, with some time to come back', () => {
    expect(connectionClosed(instance(ready), connection, NOW)).toMatchObject({
      status: 'disconnected',
      serverId: null,
      connectionId: null,
      disconnectedAt: NOW,
      reconnectUntil: new Date(NOW.getTime() + RECONNECT_GRACE_MS),
    });
  });

  it('puts a runtime that was not ready yet back on its way', () => {
    expect(connectionClosed(instance(running), connection, NOW)).toMatchObject({ status: 'provisioning' });
  });

  it.each([
    ['another connection of the same server', { serverId: 'N1', connectionId: '6' }],
    ['the same number at an earlier server', { serverId: 'N0', connectionId: '7' }],
  ])('says nothing where it is %s', (_which, older) => {
    expect(connectionClosed(instance(ready), older, NOW)).toBeNull();
  });

  it('says nothing of an instance that is off the bus already', () => {
    expect(connectionClosed(instance(), connection, NOW)).toBeNull();
  });
});

describe('silence', () => {
  it('leaves no time to come back', () => {
    expect(wentSilent(instance(ready), NOW)).toMatchObject({ status: 'disconnected', reconnectUntil: null });
  });

  it('of one that is off the bus says nothing', () => {
    expect(wentSilent(instance(), NOW)).toBeNull();
  });
});

describe('the end of a process', () => {
  it('before it was ready is written down, with how', () => {
    expect(processEnded(instance(), '4711', 'with code 1', NOW)).toMatchObject({
      status: 'provisioning',
      vmId: null,
      disconnectedAt: null,
      bootstrapLastError: 'the runtime ended before it was ready: with code 1',
    });
  });

  it('after it was ready makes it disconnected', () => {
    expect(processEnded(instance(ready), '4711', 'by SIGKILL', NOW)).toMatchObject({
      status: 'disconnected',
      disconnectedAt: NOW,
      bootstrapLastError: 'the runtime ended: by SIGKILL',
    });
  });

  it('says nothing where it is an older process', () => {
    expect(processEnded(instance(), '4710', 'by SIGKILL', NOW)).toBeNull();
  });
});

describe('what the driver sees running', () => {
  const starting = (age: number): Patch => ({ status: 'starting', vmId: null, lastBootstrapAt: before(age) });

  it.each([
    ['a start under way is left alone', starting(SPAWN_MAX_MS - 1), null, null],
    [
      'a start that nobody is at any more was interrupted',
      starting(SPAWN_MAX_MS),
      null,
      {
        status: 'provisioning',
        lastBootstrapAt: null,
        bootstrapLastError: 'the bootstrap was interrupted',
      },
    ],
    [
      'a process whose start nobody wrote down is adopted',
      starting(SPAWN_MAX_MS),
      '12',
      { status: 'provisioning', vmId: '12' },
    ],
    ['one that was lost sight of is adopted', { vmId: null }, '12', { vmId: '12' }],
    ['one that is there needs nothing', {}, '4711', null],
    ['one that never was needs nothing', { vmId: null }, null, null],
  ] satisfies [string, Patch, string | null, Patch | null][])('%s', (_what, patch, vmId, seen) => {
    expect(processSeen(instance(patch), vmId, NOW)).toEqual(seen);
  });

  it('one that has gone unseen has ended early', () => {
    expect(processSeen(instance(), null, NOW)).toMatchObject({
      vmId: null,
      bootstrapLastError: 'the runtime ended before it was ready: found gone',
    });
    expect(processSeen(instance(), null, NOW, 'with code 3')).toMatchObject({
      bootstrapLastError: 'the runtime ended before it was ready: with code 3',
    });
  });
});

describe('a runtime that says it is ready', () => {
  it('is, and its attempts and errors are forgotten', () => {
    const patch = { ...running, bootstrapAttempts: 4, bootstrapLastError: 'exit code 1' };
    expect(saidReady(instance(patch), fact, NOW)).toMatchObject({
      status: 'ready',
      bootId: 'boot-1',
      bootstrapAttempts: 0,
      bootstrapLastError: null,
      readyAt: NOW,
    });
  });

  it('after a reconnect is ready since its first word', () => {
    expect(saidReady(instance({ ...ready, status: 'running' }), fact, NOW)).toMatchObject({
      status: 'ready',
      readyAt: before(900),
    });
  });

  it.each([
    ['it is another instance', running, { ...fact, instanceId: 'another' }, 'another instance'],
    ['it is another process', ready, { ...fact, bootId: 'boot-2' }, 'another process'],
    [
      'it is the process that was replaced',
      { ...running, previousBootId: 'boot-1' },
      fact,
      'another process',
    ],
    ['it is off the bus by now', {}, fact, 'it is off the bus'],
  ])('does not count where %s', (_why, patch, said, reason) => {
    expect(saidReady(instance(patch), said, NOW)).toBe(reason);
  });
});

describe('the sleep of an idle runtime', () => {
  const asleep: Patch = { ...ready, status: 'frozen', frozenAt: before(1_000) };

  it('begins where it is ready and nobody asked for it', () => {
    expect(whyAwake(instance(ready), fact, 900_000, NOW)).toBeNull();
    expect(frozen(NOW)).toEqual({ status: 'frozen', frozenAt: NOW });
  });

  it.each([
    ['it is another process', ready, { ...fact, bootId: 'boot-2' }, 'another process'],
    ['it is another instance', ready, { ...fact, instanceId: 'another' }, 'another process'],
    ['it is not ready', { ...ready, status: 'running' }, fact, 'it is running'],
    ['it sleeps already', asleep, fact, 'it is frozen'],
    ['somebody asked for it a moment ago', { ...ready, neededAt: before(899_999) }, fact, 'it was asked for'],
  ] satisfies [string, Patch, typeof fact, string][])(
    'does not begin where %s',
    (_why, patch, heard, why) => {
      expect(whyAwake(instance(patch), heard, 900_000, NOW)).toBe(why);
    },
  );

  it('goes on when the server gives the connection up, and when the process ends', () => {
    const { status: _, ...closed } = { ...asleep, ...connectionClosed(instance(asleep), connection, NOW) };
    expect(connectionClosed(instance(asleep), connection, NOW)).not.toHaveProperty('status');
    expect(closed).toMatchObject({ connectionId: null });
    expect(processEnded(instance(asleep), '4711', 'by SIGKILL', NOW)).toEqual({
      serverId: null,
      connectionId: null,
      connectedAt: null,
      vmId: null,
      bootstrapLastError: 'the runtime ended in its sleep: by SIGKILL',
    });
  });

  it('is not ended by a word said before it', () => {
    expect(saidReady(instance(asleep), fact, NOW)).toBe('it is frozen');
  });

  it('ends at once where the connection is still there', () => {
    expect(thawed(instance(asleep), NOW)).toEqual({
      status: 'ready',
      frozenAt: null,
      neededAt: NOW,
      lastHeartbeatAt: NOW,
    });
  });

  it('ends with some time to come back where the connection is gone', () => {
    expect(thawed(instance({ ...asleep, serverId: null, connectionId: null }), NOW)).toEqual({
      status: 'disconnected',
      frozenAt: null,
      neededAt: NOW,
      disconnectedAt: NOW,
      reconnectUntil: new Date(NOW.getTime() + RECONNECT_GRACE_MS),
    });
  });
});

describe('a bootstrap', () => {
  it('shuts out whoever came before', () => {
    const patch = bootstrapped(
      instance({ ...ready, usedTicketHash: 'hash-1' }),
      { hash: 'hash-2', keepOlder: false },
      0,
      NOW,
    );
    expect(patch).toMatchObject({
      status: 'starting',
      nkey: null,
      usedTicketHash: null,
      connectionId: null,
      bootId: null,
      previousBootId: 'boot-1',
      ticketHashes: ['hash-2'],
      bootstraps: 2,
      lastBootstrapAt: NOW,
    });
  });

  it('keeps a ticket that nobody has used, where a process may be on its way with it', () => {
    const patch = bootstrapped(instance(), { hash: 'hash-2', keepOlder: true }, 0, NOW);
    expect(patch).toMatchObject({ ticketHashes: ['hash-1', 'hash-2'], bootstrapAttempts: 2 });
  });
});
