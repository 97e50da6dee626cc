import { emptyRunFold, eventMessage, foldedText, foldRun, newId, SemibotError } from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bus } from '../connect.ts';
import { type BusLab, startBusLab } from '../testing/bus-lab.ts';
import { type Appender, createAppender } from './appender.ts';
import { type Follower, followLog } from './follower.ts';
import { replay } from './replay.ts';
import { createReplayer, type LogEntry, type Replayer } from './replayer.ts';
import type { LogWriter } from './writer.ts';

const trace = { requestId: 'test', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
const SESSIONS = 200;
const EVENTS_PER_SESSION = 150;

let lab: BusLab;
let writing: Bus;
let reading: Bus;
let appender: Appender;
let replayer: Replayer;

beforeAll(async () => {
  lab = await startBusLab();
  writing = await lab.connect('chat');
  reading = await lab.connect('relay');
  appender = createAppender(writing);
  replayer = createReplayer(reading);
}, 60_000);
afterAll(() => lab[Symbol.asyncDispose]());

interface Run {
  userId: string;
  sessionId: string;
  runId: string;
}
const newRun = (): Run => ({ userId: newId(), sessionId: newId(), runId: newId() });

/** Where the log stands, read from the log itself as chat does it. */
async function tailOf(run: Run, messageId: string) {
  const subject = eventMessage.format({ user: run.userId, session: run.sessionId });
  const fold = emptyRunFold();
  let sequence = 0;
  let landed = false;
  for await (const page of replay(createReplayer(writing), 'EVENTS', subject, 0))
    for (const entry of page) {
      const event = eventMessage.decode(entry.data);
      if (event.runId === run.runId) foldRun(fold, event);
      sequence = entry.sequence;
      landed ||= entry.messageId === messageId;
    }
  return { position: { sequence, nextIndex: fold.nextIndex }, landed };
}

const openWriter = (run: Run, generation = 1): LogWriter =>
  appender.openWriter({
    ...run,
    generation,
    idPrefix: newId(),
    position: { sequence: 0, nextIndex: 0 },
    readTail: (messageId) => tailOf(run, messageId),
    trace,
  });

/** Reads like a relay does, and keeps what it was given. */
class Reader {
  readonly sequences: number[] = [];
  readonly fold = emptyRunFold();
  follower: Follower | undefined;
  private waiting: { text: string; resolve(): void } | undefined;

  readonly take = (entries: LogEntry[]): void => {
    for (const entry of entries) {
      this.sequences.push(entry.sequence);
      foldRun(this.fold, eventMessage.decode(entry.data));
    }
    if (this.waiting && foldedText(this.fold).endsWith(this.waiting.text)) this.waiting.resolve();
  };
  untilText(text: string): Promise<void> {
    if (foldedText(this.fold).endsWith(text)) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiting = { text, resolve };
    });
  }
}

const words = Array.from({ length: EVENTS_PER_SESSION }, (_, at) => `${at} `);

describe('the log', () => {
  it('gives each of 200 sessions exactly what was written, through kills of the server and new relays', async () => {
    const runs = Array.from({ length: SESSIONS }, newRun);
    const writers = runs.map((run) => openWriter(run));
    const readers = runs.map(() => new Reader());
    const follow = (at: number, bus: Bus, from: Replayer): Promise<void> => {
      const reader = readers[at] as Reader;
      const after = reader.sequences.at(-1) ?? 0;
      return followLog(bus, from, { ...(runs[at] as Run), after }, reader.take).then((follower) => {
        reader.follower = follower;
      });
    };
    await Promise.all(runs.map((_, at) => follow(at, reading, replayer)));

    // Words come at their own pace; the server dies under them again and again.
    let finished = false;
    const producing = (async () => {
      for (const word of words) {
        for (const writer of writers) writer.append({ type: 'text_chunk', text: word });
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      await Promise.all(writers.map((writer) => writer.flush()));
      finished = true;
    })();
    let kills = 0;
    while (!finished && kills < 4) {
      await new Promise((resolve) => setTimeout(resolve, 700));
      await lab.killServer();
      kills += 1;
      // A relay dies too: its readers come back at another one, with the cursor they had.
      const bus = await lab.connect('relay');
      const from = createReplayer(bus);
      const moved = runs.map((_, at) => at).filter((at) => at % 4 === kills % 4);
      for (const at of moved) readers[at]?.follower?.close();
      await Promise.all(moved.map((at) => follow(at, bus, from)));
    }
    await producing;
    await Promise.all(readers.map((reader) => reader.untilText(`${words.at(-1)}`)));

    expect(kills).toBeGreaterThan(1);
    const expected = words.join('');
    for (const reader of readers) {
      expect(foldedText(reader.fold)).toBe(expected);
      expect(reader.sequences).toEqual([...new Set(reader.sequences)].sort((a, b) => a - b));
      reader.follower?.close();
    }
  }, 120_000);

  it('shuts out the writer of an older generation once a newer one has written', async () => {
    const run = newRun();
    let generation = 1;
    const open = (mine: number) =>
      appender.openWriter({
        ...run,
        generation: mine,
        idPrefix: newId(),
        position: { sequence: 0, nextIndex: 0 },
        readTail: (messageId) => {
          if (mine < generation) throw new SemibotError('RUN_STALE');
          return tailOf(run, messageId);
        },
        trace,
      });
    const zombie = open(1);
    zombie.append({ type: 'text_chunk', text: 'old' });
    await zombie.flush();
    generation = 2;
    const heir = open(2);
    heir.append({ type: 'runtime_recovered' });
    await heir.flush();

    zombie.append({ type: 'text_chunk', text: 'too late' });
    await expect(zombie.flush()).rejects.toMatchObject({ code: 'RUN_STALE' });
    expect(zombie.signal.aborted).toBe(true);
    heir.append({ type: 'text_chunk', text: ' new' });
    await heir.flush();

    const reader = new Reader();
    const follower = await followLog(reading, replayer, { ...run, after: 0 }, reader.take);
    expect(foldedText(reader.fold)).toBe('old new');
    follower.close();
  });

  it('takes up after a message that another writer put between its own', async () => {
    const run = newRun();
    const first = openWriter(run);
    const second = openWriter(run);
    first.append({ type: 'text_chunk', text: 'a' });
    await first.flush();
    second.append({ type: 'text_chunk', text: 'b' });
    await second.flush();
    first.append({ type: 'text_chunk', text: 'c' });
    await first.flush();
    expect(first.nextIndex).toBe(3);

    const reader = new Reader();
    const follower = await followLog(reading, replayer, { ...run, after: 0 }, reader.take);
    expect(foldedText(reader.fold)).toBe('abc');
    follower.close();
  });

  it('merges text that waits for the acknowledgement of the text before it', async () => {
    const run = newRun();
    const writer = openWriter(run);
    for (const letter of 'abcdef') writer.append({ type: 'text_chunk', text: letter });
    await writer.flush();
    expect(writer.nextIndex).toBe(2);
    const reader = new Reader();
    const follower = await followLog(reading, replayer, { ...run, after: 0 }, reader.take);
    expect(reader.fold.chunks.map((chunk) => chunk.text)).toEqual(['a', 'bcdef']);
    follower.close();
  });

  it('begins at the end of the log where no position is given', async () => {
    const run = newRun();
    const writer = openWriter(run);
    writer.append({ type: 'text_chunk', text: 'before' });
    await writer.flush();
    const seen: number[] = [];
    const follower = await followLog(reading, replayer, run, (entries) =>
      seen.push(...entries.map(({ sequence }) => sequence)),
    );
    expect(seen).toEqual([]);
    expect(follower.position).toBe(writer.sequence);
    follower.close();
  });
});
