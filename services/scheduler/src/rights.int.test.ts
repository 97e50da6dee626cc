import { jetstreamManager } from '@nats-io/jetstream';
import { headers, type Msg } from '@nats-io/transport-node';
import type { Bus } from '@semibot/bus';
import {
  CONSUMERS,
  commandMessage,
  deadLetterMessage,
  eventMessage,
  httpRoutes,
  inboxPrefix,
  internalRoutes,
  limits,
  liveMessage,
  newId,
  orderMessage,
  REQUESTS,
  renewTokenMessage,
  requestMessage,
  runFinishedMessage,
  STREAMS,
  vmFactKey,
  vmFrozenMessage,
  vmGoneMessage,
  vmHeartbeatMessage,
  vmReadyMessage,
} from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHandDriver } from './testing/hand-driver.ts';
import { connectAsRuntime, type HandRuntimeClient } from './testing/hand-runtime.ts';
import { type SchedulerLab, startSchedulerLab } from './testing/scheduler-lab.ts';

const [ME, OTHER, SESSION] = [newId(), newId(), newId()];
const streams = Object.keys(STREAMS);
const consumers = Object.entries(CONSUMERS).map(([name, { stream }]) => ({ name, stream }));
const methods = Object.keys(REQUESTS);

/** All that a runtime's side of the bus is for. */
const own = {
  publish: [
    eventMessage.format({ user: ME, session: SESSION }),
    ...methods.map((method) => requestMessage.format({ user: ME, session: '_', method })),
    runFinishedMessage.format({ user: ME, session: SESSION }),
    vmReadyMessage.format({ user: ME }),
    vmHeartbeatMessage.format({ user: ME }),
    renewTokenMessage.format({ user: ME }),
  ],
  subscribe: [orderMessage.filter({ user: ME }), `${inboxPrefix(ME)}.>`],
};

/** Every JetStream call of the server's API, on every stream and consumer of the system. */
const jetstreamCalls = [
  '$JS.API.INFO',
  '$JS.API.STREAM.NAMES',
  '$JS.API.STREAM.LIST',
  '$JS.API.META.LEADER.STEPDOWN',
  '$JS.API.SERVER.REMOVE',
  '$JS.API.ACCOUNT.PURGE.APP',
  ...streams.flatMap((stream) => [
    ...['CREATE', 'UPDATE', 'DELETE', 'INFO', 'PURGE', 'SNAPSHOT', 'RESTORE', 'PEER.REMOVE'].map(
      (verb) => `$JS.API.STREAM.${verb}.${stream}`,
    ),
    `$JS.API.STREAM.LEADER.STEPDOWN.${stream}`,
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.STREAM.MSG.DELETE.${stream}`,
    `$JS.API.DIRECT.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}.${eventMessage.format({ user: OTHER, session: SESSION })}`,
    `$JS.API.CONSUMER.NAMES.${stream}`,
    `$JS.API.CONSUMER.LIST.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}.mine`,
    `$JS.API.CONSUMER.CREATE.${stream}.mine.${eventMessage.filter({ user: ME })}`,
    `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.mine`,
    `$JS.FC.${stream}.mine.abc`,
  ]),
  ...consumers.flatMap(({ name, stream }) => [
    ...['INFO', 'DELETE', 'MSG.NEXT', 'PAUSE', 'RESET', 'UNPIN', 'LEADER.STEPDOWN'].map(
      (verb) => `$JS.API.CONSUMER.${verb}.${stream}.${name}`,
    ),
    `$JS.ACK.${stream}.${name}.1.1.1.1.1`,
  ]),
];

const otherUsers = [
  eventMessage.format({ user: OTHER, session: SESSION }),
  ...methods.map((method) => requestMessage.format({ user: OTHER, session: SESSION, method })),
  runFinishedMessage.format({ user: OTHER, session: SESSION }),
  vmReadyMessage.format({ user: OTHER }),
  vmHeartbeatMessage.format({ user: OTHER }),
  renewTokenMessage.format({ user: OTHER }),
  `${inboxPrefix(OTHER)}.abc`,
];

/** What nobody but the control plane may say, in whosever name. */
const controlPlane = [ME, OTHER].flatMap((user) => [
  commandMessage.format({ user, session: SESSION }),
  orderMessage.format({ user, session: SESSION }),
  liveMessage.format({ user, session: SESSION }),
  vmGoneMessage.format({ user }),
  vmFrozenMessage.format({ user }),
  ...[vmReadyMessage, vmHeartbeatMessage, vmFrozenMessage, vmGoneMessage].map((fact) =>
    vmFactKey(fact.format({ user })),
  ),
  `$KV.vms.${user}.ready`,
]);

const refusedToPublish = [
  ...otherUsers,
  ...controlPlane,
  ...jetstreamCalls,
  ...[...httpRoutes, ...internalRoutes].map(({ subject }) => subject),
  ...streams.map((stream) => deadLetterMessage.format({ stream })),
  requestMessage.format({ user: ME, session: SESSION, method: 'drop_everything' }),
  `reports.${ME}.${SESSION}.usage_report`,
  `claims.${newId()}`,
  `answers.${ME}.${newId()}`,
  `${inboxPrefix(ME)}.abc`,
  ...['relay', 'chat', 'scheduler', 'operator', 'setup'].map((part) => `${inboxPrefix(part)}.abc`),
  '_INBOX.abc',
  '$SRV.PING',
  '$SRV.STATS.chat',
  '$SYS.REQ.SERVER.PING',
  '$SYS.REQ.SERVER.PING.CONNZ',
  '$SYS.REQ.ACCOUNT.PING.CONNZ',
  '$SYS.REQ.ACCOUNT.RT.CONNZ',
  '$SYS.REQ.USER.INFO.other',
  '$SYS.REQ.USER.AUTH',
  '$SYS.REQ.CLAIMS.UPDATE',
  '$SYS.ACCOUNT.RT.DISCONNECT',
  'anything',
];

const refusedToSubscribe = [
  ...otherUsers,
  ...controlPlane.filter((subject) => subject !== orderMessage.format({ user: ME, session: SESSION })),
  '>',
  '*.>',
  'events.>',
  'live.>',
  'commands.>',
  'orders.>',
  'orders.*.*',
  'requests.>',
  'reports.>',
  'vm.>',
  'vm.*.ready',
  'api.>',
  'dead.>',
  'claims.>',
  'answers.>',
  'replies.>',
  ...own.publish,
  '_INBOX.>',
  `${inboxPrefix(OTHER)}.>`,
  ...['relay', 'chat', 'scheduler', 'operator', 'setup'].map((part) => `${inboxPrefix(part)}.>`),
  '_INBOX_*.>',
  '_R_.>',
  '$JS.>',
  '$JS.API.>',
  '$JS.EVENT.ADVISORY.>',
  '$JS.ACK.>',
  '$KV.>',
  '$KV.vms.>',
  `$KV.vms.${ME}.ready`,
  '$O.>',
  '$SRV.>',
  '$SYS.>',
  '$SYS.REQ.USER.AUTH',
  '$SYS.ACCOUNT.RT.DISCONNECT',
  '$G.>',
];

describe("a runtime's rights", () => {
  let lab: SchedulerLab;
  let me: HandRuntimeClient;
  let other: HandRuntimeClient;
  let operator: Bus;
  /** What the server has refused me. */
  const refused: string[] = [];
  /** What the other user's runtime was given as orders. */
  const orders: Msg[] = [];

  beforeAll(async () => {
    lab = await startSchedulerLab();
    const driver = createHandDriver();
    const scheduler = await lab.startScheduler(driver);
    const enter = async (userId: string) => {
      await scheduler.lifecycle.ensure({ userId, orgId: newId() });
      return await connectAsRuntime(lab.natsUrl, await driver.started(userId));
    };
    [me, other] = [await enter(ME), await enter(OTHER)];
    other.nc.subscribe(orderMessage.filter({ user: OTHER }), {
      callback: (_error, message) => void orders.push(message),
    });
    await other.nc.flush();
    operator = await lab.connect('operator');
    void (async () => {
      for await (const status of me.nc.status())
        if (status.type === 'error') refused.push(status.error.message);
    })();
  });
  afterAll(async () => {
    await me?.nc.close();
    await other?.nc.close();
    await lab?.[Symbol.asyncDispose]();
  });

  /** The server tells of a refusal before it answers a flush. */
  async function refusals(act: () => void): Promise<string[]> {
    refused.length = 0;
    act();
    await me.nc.flush();
    await new Promise(setImmediate);
    return [...refused];
  }

  it('are enough for what it is for', async () => {
    for (const subject of own.publish)
      expect(await refusals(() => me.nc.publish(subject)), subject).toEqual([]);
    for (const subject of own.subscribe) {
      const told = await refusals(() => {
        me.nc.subscribe(subject, { max: 1, callback: () => {} }).unsubscribe();
      });
      expect(told, subject).toEqual([]);
    }
  });

  it.each(refusedToPublish)('do not let it publish %s', async (subject) => {
    const told = await refusals(() => me.nc.publish(subject, '{}'));
    expect(told).toEqual([expect.stringMatching(/permissions violation for publish/i)]);
  });

  it.each(refusedToSubscribe)('do not let it subscribe to %s', async (subject) => {
    const told = await refusals(() => {
      me.nc.subscribe(subject, { callback: () => {} });
    });
    expect(told).toEqual([expect.stringMatching(/permissions violation for subscription/i)]);
  });

  it('do not let it hold any number of subscriptions', async () => {
    const held: { unsubscribe(): void }[] = [];
    const told = await refusals(() => {
      for (let n = 0; n < 64; n += 1)
        held.push(me.nc.subscribe(`${inboxPrefix(ME)}.${n}`, { callback: () => {} }));
    });
    expect(told.join()).toMatch(/maximum subscriptions exceeded/i);
    for (const one of held) one.unsubscribe();
  });

  describe('with a reply subject of its own choice', () => {
    /** Subjects at which an answer would do harm if it were published there for the services. */
    const aims = [
      '$JS.API.STREAM.DELETE.EVENTS',
      '$JS.API.STREAM.PURGE.KV_vms',
      orderMessage.format({ user: OTHER, session: SESSION }),
      commandMessage.format({ user: OTHER, session: SESSION }),
      eventMessage.format({ user: OTHER, session: SESSION }),
      vmFactKey(vmGoneMessage.format({ user: OTHER })),
      vmGoneMessage.format({ user: OTHER }),
    ];
    /** A responder that answers whatever it is asked, wherever it is told to. */
    let chat: Bus;

    beforeAll(async () => {
      chat = await lab.connect('chat');
      chat.nc.subscribe(requestMessage.filter(), {
        callback: (_error, message) => void message.respond(message.data),
      });
      await chat.nc.flush();
    });

    const newest = async (): Promise<Record<string, number>> => {
      const manager = await jetstreamManager(operator.nc);
      const infos = await Promise.all(streams.map((stream) => manager.streams.info(stream)));
      return Object.fromEntries(infos.map(({ config, state }) => [config.name, state.last_seq]));
    };

    it.each(aims)('cannot turn an answer or an acknowledgement on %s', async (aim) => {
      const forged = headers();
      forged.set('Nats-Sequence', '1');
      forged.set('Nats-Stream', 'COMMANDS');
      const request = requestMessage.format({ user: ME, session: '_', method: 'init' });
      const before = await newest();
      orders.length = 0;
      me.nc.publish(request, '{}', { reply: aim, headers: forged });
      // Acknowledged by JetStream itself, at the reply subject.
      me.nc.publish(eventMessage.format({ user: ME, session: SESSION }), '{}', {
        reply: aim,
        headers: forged,
      });
      // A request whose answer is seen comes after those, on the same way.
      const answer = await me.nc.request(request, 'seen', { timeout: 5_000 });
      expect(answer.string()).toBe('seen');
      await Promise.all([chat.nc.flush(), other.nc.flush(), operator.nc.flush()]);
      const after = await newest();
      expect(after).toEqual({ ...before, EVENTS: (before.EVENTS ?? 0) + 1 });
      // What reaches another's subscription inside the runtimes' account is no order: no stream has kept it.
      expect(orders.filter((message) => message.headers?.has('Nats-Sequence'))).toEqual([]);
    });
  });

  it('do not let it have the trace of a message sent to another', async () => {
    const traced = headers();
    traced.set('Nats-Trace-Dest', orderMessage.format({ user: OTHER, session: SESSION }));
    orders.length = 0;
    me.nc.publish(vmReadyMessage.format({ user: ME }), '{}', { headers: traced });
    await Promise.all([me.nc.flush(), other.nc.flush()]);
    expect(orders).toEqual([]);
  });

  it.each(['all', 'sub'])("do not let a header wipe other users' facts (Nats-Rollup: %s)", async (rollup) => {
    await other.sayReady();
    const manager = await jetstreamManager(operator.nc);
    const kept = async () =>
      await manager.direct.getMessage('KV_vms', {
        last_by_subj: vmFactKey(vmReadyMessage.format({ user: OTHER })),
      });
    const before = await kept();
    expect(before).not.toBeNull();
    const wiping = headers();
    wiping.set('Nats-Rollup', rollup);
    const answer = await me.nc.request(vmReadyMessage.format({ user: ME }), '{}', {
      headers: wiping,
      timeout: 5_000,
    });
    expect(answer.json()).toMatchObject({ error: { description: expect.stringMatching(/rollup/i) } });
    expect((await kept())?.seq).toBe(before?.seq);
  });

  it('do not let it send more than a message may hold', async () => {
    const client = me.nc;
    const tooMuch = new Uint8Array(limits.BUS_PAYLOAD_MAX_BYTES + 1);
    expect(() => client.publish(eventMessage.format({ user: ME, session: SESSION }), tooMuch)).toThrow(
      /max_payload/i,
    );
  });
});
