import { connect } from 'node:net';
import { eventMessage, formatCursor, newId } from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Relay } from '../relay.ts';
import { accessToken, newIdentity, RelayLab, say } from '../testing/relay-lab.ts';
import { SseReader } from '../testing/sse-reader.ts';

let lab: RelayLab;
let relay: Relay;

beforeAll(async () => {
  lab = await RelayLab.start();
  relay = await lab.startRelay();
});
afterAll(() => lab[Symbol.asyncDispose]());

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => `${from + at} `);

describe('where a stream begins', () => {
  it('right after the cursor', async () => {
    const session = lab.newSession();
    await say(session, ['a', 'b', 'c']);
    const all = await lab.read(relay.port, session, { after: '0' });
    await all.untilText('abc');
    const rest = await lab.read(relay.port, session, { after: all.received[0]?.id ?? '' });
    await rest.untilText('bc');
    expect(rest.received).toEqual(all.received.slice(1));
    await say(session, ['d']);
    await Promise.all([all.untilText('abcd'), rest.untilText('bcd')]);
    expect(all.response.headers.get('content-type')).toMatch('text/event-stream');
    expect(all.response.headers.get('x-accel-buffering')).toBe('no');
    expect(all.response.headers.get('cache-control')).toBe('no-cache, no-transform');
  });

  it('at the very first event that is kept for 0, over many pages', async () => {
    const session = lab.newSession();
    const words = numbers(1, 1_300);
    await say(session, words);
    const reader = await lab.read(relay.port, session, { after: '0' });
    await reader.untilText('1300 ');
    expect(reader.text).toBe(words.join(''));
    expect(reader.events.map(({ index }) => index)).toEqual(words.map((_, at) => at));
  });

  it('where the history ends without a cursor', async () => {
    const session = lab.newSession();
    await say(session, ['saved']);
    session.historySequence = session.writer.sequence;
    await say(session, [' not yet']);
    const reader = await lab.read(relay.port, session);
    await reader.untilText(' not yet');
    expect(reader.text).toBe(' not yet');
    // The next one relies on the history as it is then.
    session.historySequence = session.writer.sequence;
    const later = await lab.read(relay.port, session);
    await say(session, [' live']);
    await later.untilText(' live');
    expect(later.text).toBe(' live');
  });

  it('by Last-Event-ID rather than by the query of the URL that a browser keeps', async () => {
    const session = lab.newSession();
    await say(session, ['a', 'b']);
    const first = await lab.read(relay.port, session, { after: '0' });
    await first.untilText('ab');
    const again = await lab.read(relay.port, session, { after: '0', lastEventId: first.lastId });
    await say(session, ['c']);
    await again.untilText('c');
    expect(again.text).toBe('c');
  });

  it.each(['-1', 'abc', '1', ':5', 'e:', 'e:01', 'e:9999999999999999999'])(
    'nowhere for %s, which is no cursor',
    async (after) => {
      const reader = await lab.read(relay.port, lab.newSession(), { after });
      expect(reader.response.status).toBe(400);
      expect(await reader.response.json()).toMatchObject({ error: { code: 'CURSOR_INVALID' } });
    },
  );

  it('nowhere for a cursor from the future', async () => {
    const session = lab.newSession();
    await say(session, ['a']);
    const after = formatCursor(await lab.epoch(), session.writer.sequence + 1_000_000);
    const reader = await lab.read(relay.port, session, { after });
    expect(reader.response.status).toBe(400);
  });

  it('with resync for a cursor of another incarnation of the log', async () => {
    const session = lab.newSession();
    await say(session, ['saved']);
    session.historySequence = session.writer.sequence;
    await say(session, ['next']);
    const reader = await lab.read(relay.port, session, { after: 'oldepoch:1' });
    await reader.until(() => reader.received.length === 2);
    const cursor = formatCursor(await lab.epoch(), session.historySequence);
    expect(reader.received[0]).toMatchObject({
      id: cursor,
      data: { type: 'resync', cursor, sessionId: session.sessionId },
    });
    expect(reader.received[1]?.data).toMatchObject({ type: 'text_chunk', text: 'next' });
  });
});

describe('readers of one session', () => {
  it('all see the same, a herd of 300 too, for which chat is asked once', async () => {
    const session = lab.newSession();
    const crowded = await lab.startRelay({ streamLimits: { perSession: 0, perUser: 0 } });
    await say(session, numbers(1, 500));
    const askedBefore = lab.asked;
    const readers = await Promise.all(
      Array.from({ length: 300 }, () => lab.read(crowded.port, session, { after: '0' })),
    );
    await say(session, ['end']);
    await Promise.all(readers.map((reader) => reader.untilText('end')));
    expect(lab.asked - askedBefore).toBe(1);
    for (const reader of readers) expect(reader.received).toEqual(readers[0]?.received);
    expect(readers[0]?.received).toHaveLength(501);
    for (const reader of readers) reader.close();
  });

  it('go on when one of them is too slow, which is cut off and resumes', async () => {
    const session = lab.newSession();
    const fast = await lab.read(relay.port, session, { after: '0' });
    const slow = connect(relay.port, '127.0.0.1');
    slow.write(
      `GET /api/v1/sessions/${session.sessionId}/events?after=0 HTTP/1.1\r\nHost: relay\r\n` +
        `Authorization: Bearer ${session.token}\r\n\r\n`,
    );
    await new Promise((resolve) => slow.once('readable', resolve));
    const line = 'x'.repeat(32_000);
    const isCutOff = (): boolean =>
      lab.logged.some(
        ({ msg, sessionId }) => msg === 'slow reader cut off' && sessionId === session.sessionId,
      );
    let lines = 0;
    while (!isCutOff()) {
      await say(session, [line]);
      lines += 1;
    }
    await fast.until(() => fast.received.length === lines);

    const resumed = await lab.read(relay.port, session, { after: fast.received[0]?.id ?? '' });
    await resumed.until(() => resumed.received.length === lines - 1);
    expect(resumed.received).toEqual(fast.received.slice(1));
    slow.destroy();
  });

  it('do not see a malformed event, which is put aside once', async () => {
    const session = lab.newSession();
    const [first, second] = await Promise.all([
      lab.read(relay.port, session, { after: '0' }),
      lab.read(relay.port, session, { after: '0' }),
    ]);
    const subject = eventMessage.format({ user: session.identity.userId, session: session.sessionId });
    const reasons = ['not json', '{"type":"nonsense"}'];
    const deadLetters: string[] = [];
    const setup = await lab.lab.connect('setup');
    setup.nc.subscribe('dead.EVENTS', {
      callback: (_, message) => {
        deadLetters.push(message.headers?.get('Semibot-Dead-Subject') ?? '');
      },
    });
    await setup.nc.flush();
    await say(session, ['a']);
    for (const payload of reasons) await setup.nc.request(subject, payload);
    // Another session's event under this one's subject.
    const foreign = { type: 'text_chunk', text: 'x', sessionId: newId(), runId: newId(), index: 0 };
    await setup.nc.request(subject, JSON.stringify({ ...foreign, time: new Date().toISOString() }));
    const event = { ...foreign, sessionId: session.sessionId, runId: session.runId, index: 1, text: 'b' };
    // As a person with a command line may write it: over several lines.
    await setup.nc.request(subject, JSON.stringify({ ...event, time: new Date().toISOString() }, null, 2));
    await Promise.all([first.untilText('ab'), second.untilText('ab')]);
    const third = await lab.read(relay.port, session, { after: '0' });
    await third.untilText('ab');
    expect(third.received).toEqual(first.received);
    await setup.nc.flush();
    expect(deadLetters).toEqual([subject, subject, subject]);
  });

  it('may hold five streams a session and fifty in all', async () => {
    const identity = newIdentity();
    const sessions = Array.from({ length: 11 }, () => lab.newSession(identity));
    const [crowded, ...others] = sessions;
    const readers: SseReader[] = [];
    for (const session of crowded ? [crowded] : [])
      for (let count = 0; count < 5; count += 1) readers.push(await lab.read(relay.port, session));
    const sixth = await lab.read(relay.port, sessions[0] ?? lab.newSession());
    expect(sixth.response.status).toBe(429);
    expect(await sixth.response.json()).toMatchObject({ error: { code: 'SSE_CONNECTION_LIMIT' } });
    for (const session of others.slice(0, 9))
      for (let count = 0; count < 5; count += 1) readers.push(await lab.read(relay.port, session));
    expect(readers.every(({ response }) => response.ok)).toBe(true);
    const last = others[9] ?? lab.newSession();
    expect((await lab.read(relay.port, last)).response.status).toBe(429);
    for (const reader of readers) reader.close();
    // The places are free again as soon as the relay has seen the readers go.
    let status = 429;
    while (status === 429) status = (await lab.read(relay.port, last)).response.status;
    expect(status).toBe(200);
  });
});

describe('who may read', () => {
  it('nobody without a token of their own', async () => {
    const session = lab.newSession();
    const wrong = { ...session, token: accessToken(session.identity, { audience: 'semibot:vm' }) };
    const refused = await lab.read(relay.port, wrong);
    expect(refused.response.status).toBe(401);
    expect(await refused.response.json()).toMatchObject({ error: { code: 'AUTH_TOKEN_INVALID' } });
    const url = `http://127.0.0.1:${relay.port}/api/v1/sessions/${session.sessionId}/events`;
    const nobody = await new SseReader().open(url, {});
    expect(nobody.response.status).toBe(401);
    expect(await nobody.response.json()).toMatchObject({ error: { code: 'AUTH_REQUIRED' } });
  });

  it('whoever shows the session cookie', async () => {
    const session = lab.newSession();
    await say(session, ['a']);
    const url = `http://127.0.0.1:${relay.port}/api/v1/sessions/${session.sessionId}/events?after=0`;
    const reader = await new SseReader().open(url, { cookie: `semibot_session=${session.token}` });
    await reader.untilText('a');
    reader.close();
  });

  it("not another's session, nor one that does not exist", async () => {
    const session = lab.newSession();
    const stranger = accessToken(newIdentity());
    const foreign = await lab.read(relay.port, { ...session, token: stranger });
    const unknown = await lab.read(relay.port, { ...session, sessionId: newId() });
    for (const { response } of [foreign, unknown]) {
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ error: { code: 'NOT_FOUND' } });
    }
  });
});
