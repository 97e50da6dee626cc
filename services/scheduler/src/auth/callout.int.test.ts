import { createUser, fromSeed } from '@nats-io/nkeys';
import { connect } from '@nats-io/transport-node';
import { newId, renewedTokenSchema, renewTokenMessage } from '@semibot/protocol';
import jwt from 'jsonwebtoken';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Scheduler } from '../scheduler.ts';
import { createHandDriver, type HandDriver, type HandRuntime } from '../testing/hand-driver.ts';
import { connectAsRuntime, type HandRuntimeClient } from '../testing/hand-runtime.ts';
import { type SchedulerLab, startSchedulerLab } from '../testing/scheduler-lab.ts';

describe('the door of the bus', () => {
  let lab: SchedulerLab;
  let driver: HandDriver;
  let scheduler: Scheduler;

  beforeAll(async () => {
    lab = await startSchedulerLab();
    driver = createHandDriver();
    scheduler = await lab.startScheduler(driver);
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  async function aRuntime(): Promise<HandRuntime> {
    const user = { userId: newId(), orgId: newId() };
    await scheduler.lifecycle.ensure(user);
    return await driver.started(user.userId);
  }
  const enter = (
    ...args: Parameters<typeof connectAsRuntime> extends [string, ...infer Rest] ? Rest : never
  ) => connectAsRuntime(lab.natsUrl, ...args);
  const token = (claims: object, options: jwt.SignOptions = {}, secret = lab.jwtSecret): string =>
    jwt.sign(claims, secret, { algorithm: 'HS256', audience: 'semibot:vm', expiresIn: 600, ...options });
  const refused = /authorization/i;
  const renew = async (
    { nc, bootId }: HandRuntimeClient,
    { userId, instanceId }: HandRuntime,
    other: { instanceId?: string; bootId?: string } = {},
  ): Promise<unknown> => {
    const question = renewTokenMessage.encode({ instanceId, bootId, ...other });
    return (await nc.request(renewTokenMessage.format({ user: userId }), question)).json();
  };
  const lastRefusal = () => {
    const line = lab.logged.findLast((text) => text.includes('"connection refused"'));
    return line ? JSON.parse(line) : null;
  };

  it('lets a runtime in with its ticket, and the same process again and again', async () => {
    const runtime = await aRuntime();
    await using first = await enter(runtime);
    await using again = await enter(runtime, { seed: first.seed });
    expect(again.nc.info?.client_id).not.toBe(first.nc.info?.client_id);
  });

  it('refuses a used ticket in other hands, and says so in the log', async () => {
    const runtime = await aRuntime();
    await using _ = await enter(runtime);
    await expect(enter(runtime)).rejects.toThrow(refused);
    expect(lastRefusal()).toMatchObject({
      userId: runtime.userId,
      instanceId: runtime.instanceId,
      reason: 'the ticket was used by another key',
    });
  });

  it('lets one of two in who come with the same ticket at once', async () => {
    const runtime = await aRuntime();
    const both = await Promise.allSettled([enter(runtime), enter(runtime)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const one of both) if (one.status === 'fulfilled') await one.value.nc.close();
  });

  it("refuses another runtime's ticket", async () => {
    const [one, other] = [await aRuntime(), await aRuntime()];
    await expect(enter({ ...one, ticket: other.ticket })).rejects.toThrow(refused);
    expect(lastRefusal()).toMatchObject({ reason: 'the ticket is not of the current bootstrap' });
    await expect(enter({ ...one, ticket: '' })).rejects.toThrow(refused);
  });

  it('refuses whoever shows a key and cannot sign with it', async () => {
    const runtime = await aRuntime();
    await using bound = await enter(runtime);
    const nkey = fromSeed(bound.seed).getPublicKey();
    const otherKey = createUser();
    const forged = connect({
      servers: lab.natsUrl,
      reconnect: false,
      authenticator: (nonce) => ({
        auth_token: runtime.token,
        user: runtime.userId,
        pass: runtime.ticket,
        nkey,
        sig: Buffer.from(otherKey.sign(new TextEncoder().encode(nonce))).toString('base64url'),
      }),
    });
    await expect(forged).rejects.toThrow(refused);
    expect(lastRefusal()).toMatchObject({ reason: 'the nonce is not signed by the nkey' });
  });

  it.each([
    ['no token', () => ''],
    ['a word', () => 'token'],
    ['a token for people', (claims: object) => token(claims, { audience: 'semibot:api' })],
    ['a token that somebody else signed', (claims: object) => token(claims, {}, 'x'.repeat(32))],
    [
      'a token that nobody signed',
      (claims: object) =>
        jwt.sign({ ...claims, aud: 'semibot:vm', exp: 9_999_999_999 }, '', { algorithm: 'none' }),
    ],
    ['a token that names a subject', (claims: object) => token({ ...claims, userId: '*' })],
    ['a token of another user', (claims: object) => token({ ...claims, userId: newId() })],
    ['a token that has expired', (claims: object) => token(claims, { expiresIn: -1 })],
  ])('refuses %s at the first connect', async (_what, made) => {
    const runtime = await aRuntime();
    const { userId, orgId, instanceId } = runtime;
    await expect(enter({ ...runtime, token: made({ userId, orgId, instanceId }) })).rejects.toThrow(refused);
    await using fine = await enter(runtime);
    expect(fine.nc.isClosed()).toBe(false);
  });

  /** As if all that was heard of the runtime were so long ago. */
  const lastHeardOf = async ({ instanceId }: HandRuntime, agoMs: number): Promise<void> => {
    const then = new Date(Date.now() - agoMs);
    await lab.db
      .updateTable('userVmInstances')
      .set({ lastBootstrapAt: then, connectedAt: then, readyAt: then, lastHeartbeatAt: then })
      .where('id', '=', instanceId)
      .execute();
  };
  const expired = ({ userId, orgId, instanceId }: HandRuntime, agoS: number): string =>
    token({ userId, orgId, instanceId }, { expiresIn: -agoS });

  it('lets the bound process come back with a token that ran out while it was off the bus, and nobody else', async () => {
    const runtime = await aRuntime();
    await using first = await enter(runtime);
    const shown = { ...runtime, token: expired(runtime, 60) };
    await lastHeardOf(runtime, 3_600_000);
    await expect(enter(shown)).rejects.toThrow(refused);
    await using again = await enter(shown, { seed: first.seed });
    expect(again.nc.isClosed()).toBe(false);
  });

  it.each([
    ['ran out while it was on the bus, where it is renewed', 60, 30_000],
    ['ran out, after more than a day', 3_600, 25 * 3_600_000],
  ])('refuses the bound process with a token that %s', async (_what, expiredAgoS, heardAgoMs) => {
    const runtime = await aRuntime();
    await using first = await enter(runtime);
    await lastHeardOf(runtime, heardAgoMs);
    const shown = { ...runtime, token: expired(runtime, expiredAgoS) };
    await expect(enter(shown, { seed: first.seed })).rejects.toThrow(refused);
    expect(lastRefusal()).toMatchObject({
      reason: 'the token had expired when the runtime was last heard of',
    });
  });

  it('gives the current process a newer token, with which it comes back', async () => {
    const runtime = await aRuntime();
    await using first = await enter(runtime);
    await first.sayReady();
    const answer = await expect
      .poll(() => renew(first, runtime))
      .toMatchObject({ ok: true, result: { expiresInMs: 600_000 } })
      .then(() => renew(first, runtime));
    const { result } = z.object({ result: renewedTokenSchema }).parse(answer);
    expect(jwt.decode(result.token)).toMatchObject({
      aud: 'semibot:vm',
      userId: runtime.userId,
      orgId: runtime.orgId,
      instanceId: runtime.instanceId,
    });
    await using again = await enter({ ...runtime, token: result.token }, { seed: first.seed });
    expect(again.nc.isClosed()).toBe(false);
  });

  it.each([
    ['for another instance', () => ({ instanceId: newId() })],
    ['for another process', () => ({ bootId: newId() })],
  ])('gives no newer token %s', async (_what, other) => {
    const runtime = await aRuntime();
    await using first = await enter(runtime);
    await first.sayReady();
    await expect.poll(() => renew(first, runtime)).toMatchObject({ ok: true });
    expect(await renew(first, runtime, other())).toMatchObject({ ok: false, error: { code: 'FORBIDDEN' } });
  });

  it('keeps a record of each refusal, with the address and without what was shown', async () => {
    const runtime = await aRuntime();
    await using _ = await enter(runtime);
    await expect(enter(runtime)).rejects.toThrow(refused);
    const records = () =>
      lab.db.selectFrom('vmAudit').selectAll().where('userId', '=', runtime.userId).execute();
    await expect.poll(records).toEqual([
      {
        id: expect.any(String),
        time: expect.any(Date),
        userId: runtime.userId,
        instanceId: runtime.instanceId,
        reason: 'the ticket was used by another key',
        clientAddress: '127.0.0.1',
      },
    ]);
    await expect(connect({ servers: lab.natsUrl, reconnect: false, token: 'a word' })).rejects.toThrow();
    const strangers = () =>
      lab.db.selectFrom('vmAudit').select('reason').where('userId', 'is', null).execute();
    await expect.poll(strangers).toContainEqual({ reason: 'no token of ours: jwt malformed' });
  });

  it('shuts the bound process out once there is a newer bootstrap', async () => {
    const runtime = await aRuntime();
    const { userId, orgId } = runtime;
    await using first = await enter(runtime);
    await scheduler.lifecycle.ensure({ userId, orgId }, { force: true });
    await first.nc.closed();
    await expect(enter(runtime, { seed: first.seed })).rejects.toThrow(refused);
  });

  it('keeps a ticket that nobody has used when a start is tried again', async () => {
    const slow = await aRuntime();
    await lab.db
      .updateTable('userVmInstances')
      .set({ lastBootstrapAt: new Date(Date.now() - 60_000), status: 'provisioning' })
      .where('id', '=', slow.instanceId)
      .execute();
    slow.end('with code 1');
    const retry = await driver.started(slow.userId, 2);
    await using late = await enter(slow);
    await expect(enter(retry)).rejects.toThrow(refused);
    expect(late.nc.isClosed()).toBe(false);
  });

  it('is shut to everyone who shows nothing, or the password of a service', async () => {
    const options = { servers: lab.natsUrl, reconnect: false };
    await expect(connect(options)).rejects.toThrow(refused);
    await expect(connect({ ...options, user: 'chat', pass: 'chat' })).rejects.toThrow(refused);
  });

  it('writes no token and no ticket into the log', async () => {
    const runtime = await aRuntime();
    await using _ = await enter(runtime);
    await expect(enter(runtime)).rejects.toThrow(refused);
    const log = lab.logged.join('\n');
    expect(log).toContain(runtime.userId);
    for (const { token, ticket } of driver.starts) {
      expect(log).not.toContain(token);
      expect(log).not.toContain(ticket);
    }
  });
});
