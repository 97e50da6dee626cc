import {
  commandMessage,
  emptyRunFold,
  foldedText,
  foldRun,
  newId,
  orderMessage,
  type SessionEvent,
} from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FakeChat, FakeRun } from './testing/fake-chat.ts';
import { type Lab, type StartedRuntime, startLab } from './testing/lab.ts';

const counted = (to: number): string => Array.from({ length: to }, (_, at) => at + 1).join(' ');
const isText = (event: SessionEvent): boolean => event.type === 'text_chunk';
const typesOf = (events: SessionEvent[]): string[] =>
  events.map(({ type }) => type).filter((type, at, all) => type !== all[at - 1]);
/** The answer that the events make; throws where an index is missing. */
const textOf = (events: SessionEvent[]): string => foldedText(events.reduce(foldRun, emptyRunFold()));

describe('a runtime on the bus', () => {
  let lab: Lab;
  let chat: FakeChat;
  let runtime: StartedRuntime;
  beforeAll(async () => {
    lab = await startLab();
    chat = lab.chat;
    runtime = await lab.startRuntime();
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  const begin = async (text: string, more?: Partial<FakeRun>): Promise<FakeRun> => {
    const run = await chat.addRun(text, more);
    await chat.order(run, runtime.bootId);
    return run;
  };

  it('does a run from its order to its report', async () => {
    const run = await begin('think first and count to 5');
    const report = await chat.reported(run);
    const events = await chat.events(run);
    expect(typesOf(events)).toEqual(['user_message', 'run_started', 'thinking', 'text_chunk', 'usage']);
    expect(textOf(events)).toBe(counted(5));
    expect(report).toEqual({
      runId: run.runId,
      generation: 1,
      bootId: runtime.bootId,
      nextIndex: events.length,
      outcome: { type: 'completed' },
      steeredBy: [],
    });
  });

  it('does many runs at once, and one that fails touches no other', async () => {
    const runs = await Promise.all(
      Array.from({ length: 12 }, (_, at) =>
        begin(at === 5 ? 'count to 3 and fail with OUT_OF_TEA' : 'count to 40'),
      ),
    );
    const reports = await Promise.all(runs.map((run) => chat.reported(run)));
    const texts = await Promise.all(runs.map(async (run) => textOf(await chat.events(run))));
    expect(reports.map(({ outcome }) => outcome.type)).toEqual(
      runs.map((_, at) => (at === 5 ? 'failed' : 'completed')),
    );
    expect(reports[5]?.outcome).toMatchObject({ code: 'OUT_OF_TEA' });
    expect(texts).toEqual(runs.map((_, at) => counted(at === 5 ? 3 : 40)));
  });

  it('stops a run in its middle and keeps what was written', async () => {
    const run = await begin('count to 100000');
    await chat.seen(run, isText);
    await chat.cancel(run);
    await chat.cancel(run);
    const report = await chat.reported(run);
    const events = await chat.events(run);
    expect(report).toMatchObject({ outcome: { type: 'cancelled' }, nextIndex: events.length });
    const text = textOf(events);
    expect(text).toBe(counted(text.split(' ').length));
  });

  it('ends a run without a word whose cancel came before it', async () => {
    const run = await chat.addRun('count to 100000');
    run.bootId = runtime.bootId;
    await chat.cancel(run);
    await chat.order(run, runtime.bootId);
    expect((await chat.reported(run)).outcome).toEqual({ type: 'cancelled' });
    expect(textOf(await chat.events(run))).toBe('');
  });

  it('takes a steering message up when the model has finished', async () => {
    const run = await begin('count to 30');
    await chat.seen(run, isText);
    const messageId = await chat.steer(run, 'count to 3');
    expect((await chat.reported(run)).steeredBy).toEqual([messageId]);
    expect(textOf(await chat.events(run))).toBe(`${counted(30)}\n\n${counted(3)}`);
  });

  it.each([
    ['a runtime type that is not known', { runtimeType: 'semigrave' }, 'RUNTIME_TYPE_UNKNOWN'],
    [
      'a model without a key',
      {
        model: { provider: 'openai-compatible', model: 'm', temperature: 0, maxTokens: 9, timeoutMs: 1_000 },
      },
      'MODEL_NOT_CONFIGURED',
    ],
  ] as const)('ends a run with a clear error for %s', async (_, more, code) => {
    const run = await begin('count to 3', more);
    expect((await chat.reported(run)).outcome).toMatchObject({ type: 'failed', code });
    expect(textOf(await chat.events(run))).toBe('');
  });

  it('hears a steering message once that came before the run had begun', async () => {
    chat.failLoads(1);
    const run = await begin('count to 5');
    await chat.steer(run, 'count to 3');
    await chat.reported(run);
    expect(textOf(await chat.events(run))).toBe(counted(3));
  });

  it('asks again while chat cannot tell what a run is to do', async () => {
    chat.failLoads(2);
    const run = await begin('count to 3');
    expect((await chat.reported(run)).outcome.type).toBe('completed');
    expect(textOf(await chat.events(run))).toBe(counted(3));
  });

  it('asks for an order that was lost on its way', async () => {
    chat.loseNext();
    const [first, second] = [await begin('count to 2'), await begin('count to 3')];
    await Promise.all([chat.reported(first), chat.reported(second)]);
    expect(textOf(await chat.events(first))).toBe(counted(2));
  });

  it('passes over an order that it cannot read, and asks for what should have been there', async () => {
    chat.loseNext();
    const run = await begin('count to 2');
    lab.publish(commandMessage.format({ user: lab.userId, session: run.sessionId }), '{"type":"run"');
    await chat.reported(run);
    expect(textOf(await chat.events(run))).toBe(counted(2));
  });

  it('takes no order that no stream has kept, and none for another process', async () => {
    const forged = await chat.addRun('count to 2');
    Object.assign(forged, { generation: 1, bootId: runtime.bootId });
    const { sessionId, runId } = forged;
    const order = { type: 'run', number: 1_000, bootId: runtime.bootId, sessionId, runId, generation: 1 };
    lab.publish(orderMessage.format({ user: lab.userId, session: sessionId }), JSON.stringify(order));
    const elsewhere = await chat.addRun('count to 2');
    await chat.order(elsewhere, newId());
    await chat.reported(await begin('count to 2'));
    for (const run of [forged, elsewhere]) expect(typesOf(await chat.events(run))).toEqual(['user_message']);
  });

  it('reports a run again that is ordered again after its end, and does nothing else', async () => {
    const run = await begin('count to 4');
    const first = await chat.reported(run);
    await chat.order(run, runtime.bootId);
    expect(await chat.reported(run)).toEqual({ ...first, generation: 2 });
    expect(await chat.events(run)).toHaveLength(first.nextIndex);
  });

  it('takes its own run up again when it is given a higher generation', async () => {
    const run = await begin('count to 60');
    await chat.seen(run, isText);
    await chat.order(run, runtime.bootId);
    await chat.reported(run);
    const events = await chat.events(run);
    expect(typesOf(events)).toEqual([
      'user_message',
      'run_started',
      'text_chunk',
      'runtime_recovered',
      'step_restarted',
      'text_chunk',
      'usage',
    ]);
    expect(textOf(events)).toBe(counted(60));
    expect(chat.reports.filter(({ runId }) => runId === run.runId)).toHaveLength(1);
  });

  it('leaves a run that it was stopped in to the next process, which does the step again', async () => {
    const before = await lab.startRuntime();
    const run = await chat.addRun('count to 60');
    await chat.order(run, before.bootId);
    await chat.seen(run, isText);
    await before.close();
    await chat.order(run, runtime.bootId);
    const report = await chat.reported(run);
    const events = await chat.events(run);
    expect(report).toMatchObject({ generation: 2, nextIndex: events.length, outcome: { type: 'completed' } });
    expect(textOf(events)).toBe(counted(60));
    expect(events.filter(({ type }) => type === 'step_restarted')).toMatchObject([{ fromIndex: 2 }]);
  });

  it('takes a steered run up after its finished step, and steers no second time by the same message', async () => {
    const before = await lab.startRuntime();
    const run = await chat.addRun('count to 30');
    await chat.order(run, before.bootId);
    await chat.seen(run, isText);
    const messageId = await chat.steer(run, 'count to 50 every 30 ms');
    await chat.seen(run, (event) => event.type === 'text_chunk' && event.text.includes('\n\n'));
    await before.close();
    await chat.order(run, runtime.bootId);
    const report = await chat.reported(run);
    expect(report.steeredBy).toEqual([messageId]);
    expect(textOf(await chat.events(run))).toBe(`${counted(30)}\n\n${counted(50)}`);
  });

  it('goes on with a whole answer when somebody has written before its end was known', async () => {
    const run = await begin('count to 4');
    await chat.reported(run);
    const messageId = await chat.steer(run, 'count to 3');
    await chat.order(run, runtime.bootId);
    expect((await chat.reported(run)).steeredBy).toEqual([messageId]);
    expect(textOf(await chat.events(run))).toBe(`${counted(4)}\n\n${counted(3)}`);
  });

  it.each(['the same', 'the next'])(
    'hears a message once that came during the step that %s process does again',
    async (which) => {
      const before = await lab.startRuntime();
      const run = await chat.addRun('count to 100000');
      await chat.order(run, before.bootId);
      await chat.seen(run, isText);
      const messageId = await chat.steer(run, 'count to 3');
      if (which === 'the next') await before.close();
      await chat.order(run, which === 'the next' ? runtime.bootId : before.bootId);
      expect((await chat.reported(run)).steeredBy).toEqual([messageId]);
      expect(textOf(await chat.events(run))).toBe(counted(3));
    },
  );

  it('writes and reports nothing more of a run that is in other hands', async () => {
    const zombie = await lab.startRuntime();
    const run = await chat.addRun('count to 100');
    await chat.order(run, zombie.bootId);
    await chat.seen(run, isText);
    await chat.order(run, runtime.bootId);
    await chat.reported(run);
    const events = await chat.events(run);
    expect(textOf(events)).toBe(counted(100));
    expect(zombie.activeRuns).toBe(0);
    expect(chat.reports.filter(({ runId }) => runId === run.runId)).toMatchObject([{ generation: 2 }]);
  });

  it('goes on through kills of the bus, with no token lost and none twice', async () => {
    const run = await begin('count to 150');
    await chat.seen(run, isText);
    await lab.killServer();
    await chat.seen(run, (event) => isText(event) && event.index > 20);
    await lab.killServer();
    const late = await begin('count to 3');
    const reports = await Promise.all([chat.reported(run), chat.reported(late)]);
    const events = await chat.events(run);
    expect(textOf(events)).toBe(counted(150));
    expect(events.some(({ type }) => type === 'step_restarted')).toBe(false);
    expect(reports.map(({ outcome }) => outcome.type)).toEqual(['completed', 'completed']);
  });
});
