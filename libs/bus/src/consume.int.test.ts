import { HEADERS, newId, type RunFinished, runFinishedMessage } from '@semibot/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Bus } from './connect.ts';
import { consume, done, type Outcome, reject, retry } from './consume.ts';
import { publishMessage } from './publish.ts';
import { type BusLab, startBusLab } from './testing/bus-lab.ts';

let lab: BusLab;
let setup: Bus;
let chat: Bus;
let consuming: { close(): Promise<void> } | undefined;

beforeAll(async () => {
  lab = await startBusLab();
  setup = await lab.connect('setup');
  chat = await lab.connect('chat');
}, 60_000);
afterEach(() => consuming?.close());
afterAll(() => lab[Symbol.asyncDispose]());

const report = (runId = newId()): RunFinished => ({
  runId,
  generation: 1,
  bootId: 'boot',
  nextIndex: 1,
  outcome: { type: 'completed' },
  steeredBy: [],
});
const publish = (value: RunFinished, messageId?: string) =>
  publishMessage(setup, runFinishedMessage, { user: newId(), session: newId() }, value, {
    ...(messageId ? { messageId } : {}),
  });

/** Handles each delivery as told, and gives the runs in the order in which they came. */
function handleWith(outcome: (value: RunFinished, attempt: number) => Outcome | Promise<Outcome>) {
  const seen: string[] = [];
  const waiting: { count: number; resolve(): void }[] = [];
  consuming = consume(chat, 'chat-reports', async ({ data, attempt }) => {
    const value = runFinishedMessage.decode(data);
    seen.push(value.runId);
    for (const one of waiting) if (seen.length >= one.count) one.resolve();
    return await outcome(value, attempt);
  });
  return {
    seen,
    until: (count: number) =>
      seen.length >= count
        ? Promise.resolve()
        : new Promise<void>((resolve) => waiting.push({ count, resolve })),
  };
}

describe('a consumer', () => {
  it('is given a message again when it says so, and not any more when it is done', async () => {
    const handled = handleWith((_, attempt) => (attempt < 3 ? retry(10) : done));
    const first = report();
    await publish(first);
    await handled.until(3);
    const second = report();
    await publish(second);
    await handled.until(6);
    expect(handled.seen).toEqual([...Array(3).fill(first.runId), ...Array(3).fill(second.runId)]);
  });

  it('is given a message again when it fails', async () => {
    const handled = handleWith((_, attempt) => {
      if (attempt === 1) throw new Error('the database is away');
      return done;
    });
    await publish(report());
    await handled.until(2);
    expect(handled.seen).toHaveLength(2);
  });

  it('puts aside what it rejects, with where it came from and why', async () => {
    const letter = Promise.withResolvers<{ subject: string; reason: string }>();
    setup.nc.subscribe('dead.REPORTS', {
      max: 1,
      callback: (_, { headers }) =>
        letter.resolve({
          subject: headers?.get(HEADERS.deadSubject) ?? '',
          reason: headers?.get(HEADERS.deadReason) ?? '',
        }),
    });
    await setup.nc.flush();
    handleWith(() => reject('nobody knows\r\nthis run'));
    await publish(report());
    expect(await letter.promise).toEqual({
      subject: expect.stringMatching(/^reports\..*\.run_finished$/),
      reason: 'nobody knows this run',
    });
  });

  it('is given a message once that was published twice under one id', async () => {
    const handled = handleWith(() => done);
    const [once, end] = [report(), report()];
    await publish(once, 'the same id');
    expect(await publish(once, 'the same id')).toMatchObject({ duplicate: true });
    await publish(end);
    await handled.until(2);
    expect(handled.seen.toSorted()).toEqual([once.runId, end.runId].toSorted());
  });

  it('goes on after the bus was killed, and what is published meanwhile is kept', async () => {
    const handled = handleWith(() => done);
    await publish(report());
    await handled.until(1);
    const killing = lab.killServer();
    const published = Promise.all(Array.from({ length: 20 }, () => publish(report(), newId())));
    await killing;
    await published;
    // One whose acknowledgement the kill took comes again, and that is no loss.
    while (new Set(handled.seen).size < 21) await handled.until(handled.seen.length + 1);
    expect(new Set(handled.seen).size).toBe(21);
  });
});
