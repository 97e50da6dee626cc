import { jetstreamManager } from '@nats-io/jetstream';
import type { Bus } from '@semibot/bus';
import { HEADERS, limits, newId, ROUTES, vmFactKey } from '@semibot/protocol';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, register, signInLocally } from './support/client.ts';
import { counted, expectWhole } from './support/expectations.ts';
import { connectTo } from './support/operator.ts';
import { Tab } from './support/tab.ts';
import { startTemporarySystem } from './support/temporary-system.ts';

let system: Awaited<ReturnType<typeof startTemporarySystem>>;
let client: Client;
let setup: Bus;
let userId: string;

beforeAll(async () => {
  system = await startTemporarySystem();
  client = await signInLocally(system.url);
  userId = (await client.ask(ROUTES.auth.me)).data.id;
  setup = await connectTo(system, 'setup');
});
afterAll(async () => {
  await setup?.close();
  await system?.remove();
});

/** A session in which something was said. */
async function saidIn(): Promise<{ sessionId: string; runId: string; cursor: string }> {
  const sessionId = await client.newSession();
  const tab = new Tab(client, sessionId);
  const { runId } = await client.post(sessionId, 'count to 3');
  const { id } = await tab.untilEnd(runId);
  tab.close();
  return { sessionId, runId, cursor: id };
}

describe('what cannot be read on the bus', () => {
  it('is answered or put aside with its reason, while the stream that it came into goes on', async () => {
    const letters: string[] = [];
    setup.nc.subscribe('dead.>', {
      callback: (_, message) => {
        const { headers } = message;
        letters.push(`${headers?.get(HEADERS.deadSubject)}: ${headers?.get(HEADERS.deadReason)}`);
      },
    });
    await setup.nc.flush();
    const sessionId = await client.newSession();
    const tab = new Tab(client, sessionId);
    const { runId } = await client.post(sessionId, 'count to 150');
    await tab.untilCounted(runId, 30);

    const inStreams = [
      `events.${userId}.${sessionId}`,
      `commands.${userId}.${sessionId}`,
      `reports.${userId}.${sessionId}.run_finished`,
      vmFactKey(`vm.${userId}.ready`),
    ];
    for (const subject of inStreams) {
      setup.nc.publish(subject, '{"type": ');
      setup.nc.publish(subject, '{"type": "nonsense"}');
    }
    // Not kept by any stream, so nobody's order or event.
    setup.nc.publish(`orders.${userId}.${sessionId}`, '{');
    setup.nc.publish(`live.${userId}.${sessionId}`, '{');
    for (const subject of [
      `requests.${userId}._.init`,
      'api.chat.sessions.list',
      'api.scheduler.vm.status',
    ]) {
      const reply = await setup.nc.request(subject, '{', { timeout: 5_000 }).catch((error: Error) => error);
      if (reply instanceof Error) {
        // A runtime's request is answered to its own inbox alone, and this was none.
        expect(subject).toMatch(/^requests\./);
        continue;
      }
      expect(reply.json()).toMatchObject({ ok: false, error: { code: 'MALFORMED_MESSAGE' } });
    }

    await expectWhole(client, sessionId, tab, runId, counted(150));
    tab.close();
    for (const subject of inStreams.filter((one) => !one.startsWith('commands.')))
      expect(
        letters.filter((letter) => letter.startsWith(`${subject}: `)).length,
        subject,
      ).toBeGreaterThanOrEqual(1);
    expect(letters.join('\n')).toMatch(/not JSON/);
    // And the next message of the same person is answered as ever.
    const next = await saidIn();
    expect((await client.history(next.sessionId)).at(-1)?.text).toBe(counted(3));
  });
});

describe('what cannot be taken over HTTP', () => {
  it.each([
    ['a body that is no JSON', '{"message":', 400, 'VALIDATION_FAILED'],
    ['a body without what is needed', {}, 400, 'VALIDATION_FAILED'],
    ['a message that is blank', { message: '  ' }, 400, 'VALIDATION_FAILED'],
    ['an unknown mode', { message: 'x', mode: 'shout' }, 400, 'VALIDATION_FAILED'],
    [
      'a message over its limit',
      { message: 'x'.repeat(limits.MESSAGE_MAX_CHARACTERS + 1) },
      400,
      'VALIDATION_MESSAGE_TOO_LONG',
    ],
    ['a message of 2 MB', { message: 'x'.repeat(2 * 1024 * 1024) }, 413, 'BODY_TOO_LARGE'],
  ] as const)('%s is told so', async (_, body, status, code) => {
    const sessionId = await client.newSession();
    const answer = await client.call('POST', `/sessions/${sessionId}/messages`, body);
    expect(answer).toMatchObject({ status, error: { code } });
    expect(await client.history(sessionId)).toEqual([]);
  });

  it('a message of the longest kind is answered, and comes back whole', async () => {
    const sessionId = await client.newSession();
    const text = '"\u0001中'
      .repeat(limits.MESSAGE_MAX_CHARACTERS / 4)
      .slice(0, limits.MESSAGE_MAX_CHARACTERS);
    const tab = new Tab(client, sessionId);
    const { runId } = await client.post(sessionId, text);
    await tab.untilEnd(runId);
    tab.close();
    expect((await client.history(sessionId))[0]?.text).toBe(text);
  });

  it('a session that is unknown, or of somebody else, is not found', async () => {
    const { sessionId, runId } = await saidIn();
    const stranger = await register(system.url);
    const asks: [Client, string, string, unknown?][] = [
      [client, 'GET', `/sessions/${newId()}/messages`],
      [client, 'GET', `/sessions/${newId()}/events`],
      [client, 'POST', `/sessions/${newId()}/messages`, { message: 'x' }],
      [stranger, 'GET', `/sessions/${sessionId}`],
      [stranger, 'GET', `/sessions/${sessionId}/messages`],
      [stranger, 'GET', `/sessions/${sessionId}/events?after=0`],
      [stranger, 'POST', `/sessions/${sessionId}/messages`, { message: 'x' }],
      [stranger, 'POST', `/runs/${runId}/cancel`],
    ];
    for (const [who, method, path, body] of asks) {
      const answer = await who.call(method, path, body);
      expect(answer, `${method} ${path}`).toMatchObject({ status: 404, error: { code: 'NOT_FOUND' } });
    }
    expect(
      await new (client.constructor as typeof Client)(system.url).call('GET', '/sessions'),
    ).toMatchObject({
      status: 401,
      error: { code: 'AUTH_REQUIRED' },
    });
  });
});

describe('a position in the log', () => {
  it.each(['-1', 'abc', 'abc:', '1:2:3', '%00', 'EPOCH:999999999'])('%s is refused', async (after) => {
    const { sessionId, cursor } = await saidIn();
    const wrong = after.replace('EPOCH', cursor.split(':')[0] ?? '');
    const answer = await client.call('GET', `/sessions/${sessionId}/events?after=${wrong}`);
    expect(answer).toMatchObject({ status: 400, error: { code: 'CURSOR_INVALID' } });
  });

  it('older than what is kept leads to a resync, after which the stream goes on', async () => {
    const first = await saidIn();
    await saidIn();
    const manager = await jetstreamManager(setup.nc);
    const { state } = await manager.streams.info('EVENTS');
    await manager.streams.purge('EVENTS', { seq: state.last_seq });

    const old = `${first.cursor.split(':')[0]}:1`;
    const response = await fetch(`${client.url}/api/v1/sessions/${first.sessionId}/events?after=${old}`, {
      headers: { authorization: `Bearer ${client.token}` },
    });
    const reader = response.body
      ?.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
      .pipeThrough(new EventSourceParserStream())
      .getReader();
    const resync = JSON.parse((await reader?.read())?.value?.data ?? 'null');
    expect(resync).toMatchObject({ type: 'resync', sessionId: first.sessionId });

    const { runId } = await client.post(first.sessionId, 'count to 5');
    const next = JSON.parse((await reader?.read())?.value?.data ?? 'null');
    expect(next).toMatchObject({ type: 'user_message', runId });
    await reader?.cancel();
    const tab = new Tab(client, first.sessionId, resync.cursor);
    await tab.untilEnd(runId);
    tab.close();
  });
});
