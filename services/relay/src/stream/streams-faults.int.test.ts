import { applyStreams } from '@semibot/bus';
import { formatCursor } from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Relay } from '../relay.ts';
import { JWT_SECRET, type LabSession, RelayLab, say } from '../testing/relay-lab.ts';
import { startRelayProcess } from '../testing/relay-process.ts';
import type { SseReader } from '../testing/sse-reader.ts';

let lab: RelayLab;
let relay: Relay;

beforeAll(async () => {
  lab = await RelayLab.start();
  relay = await lab.startRelay();
});
afterAll(() => lab[Symbol.asyncDispose]());

const WORDS = Array.from({ length: 400 }, (_, at) => `${at} `);

/** Appends at a pace that a fault falls into. */
async function sayAtPace(session: LabSession): Promise<void> {
  for (const text of WORDS) {
    session.writer.append({ type: 'text_chunk', text });
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await session.writer.flush();
}

/** Has come as far as this word; how many events that takes is the writer's matter, which merges what waits. */
const hasHeard = (reader: SseReader, word: number) => (): boolean => reader.text.includes(`${word} `);
const isDone = (reader: SseReader) => (): boolean => reader.text.endsWith(WORDS.at(-1) ?? '');

/** Nothing lost, nothing twice, in order. */
function expectWhole(text: string, sequences: number[], indexes: number[]): void {
  expect(text).toBe(WORDS.join(''));
  expect(indexes).toEqual(indexes.map((_, at) => at));
  expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
}

describe('a stream', () => {
  it('goes on by itself when the bus was killed under it, with nothing lost and nothing twice', async () => {
    const session = lab.newSession();
    const reader = await lab.read(relay.port, session, { after: '0' });
    const saying = sayAtPace(session);
    await reader.until(hasHeard(reader, 50));
    await lab.lab.killServer();
    await reader.until(hasHeard(reader, 150));
    await lab.lab.killServer();
    await saying;
    await reader.until(isDone(reader));
    expectWhole(
      reader.text,
      reader.sequences,
      reader.events.map(({ index }) => index),
    );
  });

  it('is taken up at another relay when its own was killed, with nothing lost and nothing twice', async () => {
    const session = lab.newSession();
    const { url, seed } = lab.lab.login('relay');
    const env = { NATS_URL: url, NATS_NKEY_SEED: seed, JWT_SECRET };
    const killed = await startRelayProcess(env);
    const first = await lab.read(killed.port, session, { after: '0' });
    const saying = sayAtPace(session);
    await first.until(hasHeard(first, 50));
    await killed.kill('SIGKILL');
    await first.untilEnd();

    const other = await startRelayProcess(env);
    const second = await lab.read(other.port, session, { lastEventId: first.lastId });
    await second.until(hasHeard(second, 150));
    // Stopped in order this time: its readers are told by the end of their streams.
    const [code] = await Promise.all([other.kill('SIGTERM'), second.untilEnd()]);
    expect(code).toBe(0);

    const third = await lab.read(relay.port, session, { lastEventId: second.lastId });
    await saying;
    const readers = [first, second, third];
    const text = (): string => readers.map((reader) => reader.text).join('');
    await third.until(() => text().endsWith(WORDS.at(-1) ?? ''));
    expectWhole(
      text(),
      readers.flatMap((reader) => reader.sequences),
      readers.flatMap((reader) => reader.events.map(({ index }) => index)),
    );
  });

  it('is refused with 503 while chat is away, and granted when it is back', async () => {
    const session = lab.newSession();
    await lab.stopChat();
    const { response } = await lab.read(relay.port, session);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.json()).toMatchObject({ error: { code: 'SERVICE_UNAVAILABLE' } });
    await lab.startChat();
    expect((await lab.read(relay.port, session)).response.status).toBe(200);
  });

  it('begins with resync for a cursor older than what is kept, and goes on live', async () => {
    const session = lab.newSession();
    await say(session, ['old', 'older', 'saved']);
    const reader = await lab.read(relay.port, session, { after: '0' });
    await reader.untilText('saved');
    session.historySequence = session.writer.sequence;
    const setup = await lab.lab.connect('setup');
    // Everything before the last event goes.
    await setup.nc.request('$JS.API.STREAM.PURGE.EVENTS', JSON.stringify({ seq: session.writer.sequence }));
    // Its bounds are known for a second at most.
    const freshRelay = await lab.startRelay();
    const late = await lab.read(freshRelay.port, session, { after: reader.received[0]?.id ?? '' });
    await say(session, ['new']);
    await late.until(() => late.received.length === 2);
    expect(late.received[0]?.data).toMatchObject({
      type: 'resync',
      cursor: formatCursor(await lab.epoch(), session.historySequence),
    });
    expect(late.received[1]?.data).toMatchObject({ text: 'new' });

    // Whoever has read the history has missed nothing, however long ago that was.
    const upToDate = await lab.read(freshRelay.port, session, {
      after: formatCursor(await lab.epoch(), session.historySequence),
    });
    await upToDate.untilText('new');
    expect(upToDate.text).toBe('new');
  });

  it('ends when the log was replaced by another one, whose readers begin anew', async () => {
    const session = lab.newSession();
    const reader = await lab.read(relay.port, session, { after: '0' });
    const setup = await lab.lab.connect('setup');
    await setup.nc.request('$JS.API.STREAM.DELETE.EVENTS', '');
    await applyStreams(setup);
    // A relay asks anew whenever the bus comes back.
    await lab.lab.killServer();
    await reader.untilEnd();
    const again = await lab.read(relay.port, session, { lastEventId: 'gone:1' });
    await again.until(() => again.received.length === 1);
    expect(again.received[0]?.data.type).toBe('resync');
  });
});
