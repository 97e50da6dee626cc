import { connect, type NatsConnection } from '@nats-io/transport-node';
import {
  commandMessage,
  eventMessage,
  liveMessage,
  newId,
  orderMessage,
  ROUTES,
  requestMessage,
  vmHeartbeatMessage,
} from '@semibot/protocol';
import jwt from 'jsonwebtoken';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Scheduler } from '../scheduler.ts';
import { createHandDriver, type HandDriver } from '../testing/hand-driver.ts';
import { type SchedulerLab, startSchedulerLab } from '../testing/scheduler-lab.ts';

const [ME, OTHER, ORG, SESSION] = [newId(), newId(), newId(), newId()];
const [LOGIN, REVOKED_LOGIN] = [newId(), newId()];
const refused = /authorization/i;

describe('a person with the nats CLI', () => {
  let lab: SchedulerLab;
  let scheduler: Scheduler;
  let driver: HandDriver;
  let me: NatsConnection;
  const refusals: string[] = [];

  const accessToken = (claims: object = {}, options: jwt.SignOptions = {}): string =>
    jwt.sign({ sub: ME, org: ORG, role: 'owner', login: LOGIN, ...claims }, lab.jwtSecret, {
      algorithm: 'HS256',
      audience: 'semibot:api',
      expiresIn: 3600,
      ...options,
    });
  const enter = (token: string) => connect({ servers: lab.natsUrl, reconnect: false, token });

  beforeAll(async () => {
    lab = await startSchedulerLab();
    driver = createHandDriver();
    scheduler = await lab.startScheduler(driver);
    await lab.serveSignIns();
    lab.revoked.add(REVOKED_LOGIN);
    me = await enter(accessToken());
    void (async () => {
      for await (const status of me.status())
        if (status.type === 'error') refusals.push(status.error.message);
    })();
  });
  afterAll(async () => {
    await me?.close();
    await lab?.[Symbol.asyncDispose]();
  });

  async function refusalsOf(act: () => void): Promise<string[]> {
    refusals.length = 0;
    act();
    await me.flush();
    await new Promise(setImmediate);
    return [...refusals];
  }

  it.each(['events', 'live', 'commands', 'orders', 'vm'])('sees what is theirs in %s', async (subject) => {
    const told = await refusalsOf(() => {
      me.subscribe(`${subject}.${ME}.>`, { callback: () => {} });
    });
    expect(told).toEqual([]);
  });

  it('hears what is said there', async () => {
    const heard = Promise.withResolvers<string>();
    me.subscribe(vmHeartbeatMessage.format({ user: ME }), {
      callback: (_error, message) => heard.resolve(message.subject),
    });
    await me.flush();
    const setup = await lab.connect('setup');
    setup.nc.publish(vmHeartbeatMessage.format({ user: ME }), '{}');
    expect(await heard.promise).toBe(vmHeartbeatMessage.format({ user: ME }));
  });

  it.each([
    '>',
    'events.>',
    'events.*.*',
    `events.${OTHER}.>`,
    `live.${OTHER}.>`,
    `commands.${OTHER}.>`,
    `orders.${OTHER}.>`,
    `vm.${OTHER}.>`,
    'vm.*.ready',
    `requests.${ME}.>`,
    `reports.${ME}.>`,
    `tokens.${ME}.>`,
    'api.>',
    'dead.>',
    '_INBOX.>',
    '_INBOX_chat.>',
    '_INBOX_relay.>',
    '$JS.>',
    '$JS.EVENT.ADVISORY.>',
    '$KV.>',
    `$KV.vms.${ME}.>`,
    '$SRV.>',
    '$SYS.>',
    '$SYS.REQ.USER.AUTH',
  ])('may not subscribe to %s, also as the owner of an organization', async (subject) => {
    const told = await refusalsOf(() => {
      me.subscribe(subject, { callback: () => {} });
    });
    expect(told).toEqual([expect.stringMatching(/permissions violation for subscription/i)]);
  });

  it.each([
    eventMessage.format({ user: ME, session: SESSION }),
    liveMessage.format({ user: ME, session: SESSION }),
    commandMessage.format({ user: ME, session: SESSION }),
    orderMessage.format({ user: ME, session: SESSION }),
    vmHeartbeatMessage.format({ user: ME }),
    requestMessage.format({ user: ME, session: '_', method: 'init' }),
    ROUTES.vm.status.subject,
    'api.scheduler.vm.ensure',
    '$JS.API.INFO',
    '$JS.API.STREAM.NAMES',
    '$JS.API.STREAM.INFO.EVENTS',
    '$JS.API.DIRECT.GET.EVENTS',
    '$JS.API.STREAM.DELETE.EVENTS',
    '$JS.API.CONSUMER.CREATE.EVENTS',
    '$SRV.PING',
    '$SYS.REQ.SERVER.PING',
    '_INBOX.anything',
    'anything',
  ])('may not publish %s', async (subject) => {
    const told = await refusalsOf(() => me.publish(subject, '{}'));
    expect(told).toEqual([expect.stringMatching(/permissions violation for publish/i)]);
  });

  it.each([
    ['is signed by somebody else', () => jwt.sign({ sub: ME }, 'x'.repeat(32), { audience: 'semibot:api' })],
    ['has expired', () => accessToken({}, { expiresIn: -1 })],
    ['is for something else', () => accessToken({}, { audience: 'semibot:other' })],
    ['belongs to a sign-in that was revoked', () => accessToken({ login: REVOKED_LOGIN })],
    ['names a subject instead of a user', () => accessToken({ sub: '*' })],
  ])('is refused where the token %s', async (_why, token) => {
    await expect(enter(token())).rejects.toThrow(refused);
  });

  it("does not get in with a runtime's token, as token or as password", async () => {
    await scheduler.lifecycle.ensure({ userId: ME, orgId: ORG });
    const { token, ticket } = await driver.started(ME);
    const options = { servers: lab.natsUrl, reconnect: false };
    await expect(connect({ ...options, token })).rejects.toThrow(refused);
    await expect(connect({ ...options, user: ME, pass: token })).rejects.toThrow(refused);
    await expect(connect({ ...options, user: ME, pass: ticket })).rejects.toThrow(refused);
  });

  it('gets in with the token as a password too', async () => {
    const nc = await connect({ servers: lab.natsUrl, reconnect: false, user: 'me', pass: accessToken() });
    expect(nc.isClosed()).toBe(false);
    await nc.close();
  });
});
