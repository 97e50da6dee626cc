import { newId, type SessionEvent } from '@semibot/protocol';
import { describe, expect, it } from 'vitest';
import { sampleSession } from './sample-session.ts';
import { segmentsText } from './segments.ts';
import { activeRuns, type Entry, sessionEntries } from './session-entries.ts';
import {
  needsSavedAnswer,
  newSessionFold,
  refolded,
  type SessionFold,
  takeEarlier,
  takeEvent,
  takeSaved,
  untoldRuns,
} from './session-fold.ts';

const take = (fold: SessionFold, ...events: SessionEvent[]) => {
  for (const event of events) takeEvent(fold, event);
  return fold;
};

/** Entries as one line each: `> text` for a person's, `phase: text` for an answer. */
const lines = (entries: Entry[]): string[] =>
  entries.map((entry) =>
    entry.kind === 'user'
      ? `> ${entry.message.text}`
      : `${entry.answer.phase.name}: ${segmentsText(entry.answer.segments)}`,
  );
const shown = (fold: SessionFold) => lines(sessionEntries(fold));

describe('history and log together', () => {
  it('show a message and its answer once where both stand in both', () => {
    const run = sampleSession().run();
    const question = run.saved('user', 'hi');
    const fold = newSessionFold([question, run.saved('assistant', 'hello')]);
    take(
      fold,
      run.next(run.asked('hi', question.id)),
      run.next({ type: 'text_chunk', text: 'hel' }),
      run.next({ type: 'text_chunk', text: 'lo' }),
      run.next({ type: 'execution_complete', messageId: newId() }),
    );
    expect(shown(fold)).toEqual(['> hi', 'completed: hello']);
  });

  it('show the saved answer, not the part of it that the log still tells', () => {
    const run = sampleSession().run();
    const fold = newSessionFold([run.saved('user', 'hi'), run.saved('assistant', 'hello')]);
    run.skip(3);
    take(fold, run.next({ type: 'text_chunk', text: 'lo' }));
    expect(shown(fold)).toEqual(['> hi', 'completed: hello']);
    expect(activeRuns(sessionEntries(fold))).toEqual([]);
  });

  it('keep the thinking of a run that the log told whole beside its saved answer', () => {
    const run = sampleSession().run();
    const fold = take(
      newSessionFold([]),
      run.next(run.asked('hi')),
      run.next({ type: 'thinking', text: 'hm' }),
      run.next({ type: 'text_chunk', text: 'hello' }),
      run.next({ type: 'execution_complete', messageId: newId() }),
    );
    takeSaved(fold, [run.saved('assistant', 'hello')]);
    const [, answer] = sessionEntries(fold);
    expect(answer?.kind === 'answer' && answer.answer.segments.map((segment) => segment.kind)).toEqual([
      'thinking',
      'text',
    ]);
  });

  it('show a run that history knows the question of and the log tells from its second event on', () => {
    const run = sampleSession().run();
    const fold = newSessionFold([run.saved('user', 'hi')]);
    run.skip(1);
    take(
      fold,
      run.next({ type: 'run_started', runtimeType: 'semigraph', model: 'demo' }),
      run.next({ type: 'text_chunk', text: 'hello' }),
    );
    expect(shown(fold)).toEqual(['> hi', 'running: hello']);
  });

  it('keep their identity as long as they say the same', () => {
    const [first, second] = [sampleSession().run(), sampleSession().run()];
    const fold = newSessionFold([first.saved('user', 'a'), first.saved('assistant', 'A')]);
    const answers = () =>
      sessionEntries(fold).flatMap((entry) => (entry.kind === 'answer' ? [entry.answer.segments] : []));
    const [before] = answers();
    take(fold, second.next(second.asked('b')), second.next({ type: 'text_chunk', text: 'B' }));
    expect(answers()[0]).toBe(before);
  });
});

describe('the order of a session', () => {
  it('puts an answer after its own message, also where another was queued before it', () => {
    const [first, second] = [sampleSession().run(), sampleSession().run()];
    const live = take(
      newSessionFold([]),
      first.next(first.asked('a')),
      first.next({ type: 'text_chunk', text: 'A' }),
      second.next(second.asked('b')),
      first.next({ type: 'text_chunk', text: 'A' }),
    );
    expect(shown(live)).toEqual(['> a', 'running: AA', '> b', 'queued: ']);
    const reloaded = newSessionFold([
      first.saved('user', 'a'),
      second.saved('user', 'b'),
      first.saved('assistant', 'AA'),
      second.saved('assistant', 'BB'),
    ]);
    expect(shown(reloaded)).toEqual(['> a', 'completed: AA', '> b', 'completed: BB']);
  });

  it('puts a steering message after the answer under way, and before it once that is whole', () => {
    const run = sampleSession().run();
    const fold = take(
      newSessionFold([]),
      run.next(run.asked('a')),
      run.next({ type: 'text_chunk', text: 'A' }),
      run.next(run.asked('shorter')),
    );
    expect(shown(fold)).toEqual(['> a', 'running: A', '> shorter']);
    take(fold, run.next({ type: 'execution_complete', messageId: newId() }));
    expect(shown(fold)).toEqual(['> a', '> shorter', 'completed: A']);
  });

  it('gives a message that came too late to steer the run of its own, in the place where it was sent', () => {
    const [first, second, late] = [sampleSession().run(), sampleSession().run(), sampleSession().run()];
    const messageId = newId();
    const fold = take(
      newSessionFold([]),
      first.next(first.asked('a')),
      first.next({ type: 'text_chunk', text: 'A' }),
      first.next(first.asked('late', messageId)),
      second.next(second.asked('b')),
      first.next({ type: 'execution_complete', messageId: newId() }),
      late.next(late.asked('late', messageId)),
      late.next({ type: 'text_chunk', text: 'L' }),
    );
    expect(shown(fold)).toEqual(['> a', 'completed: A', '> late', 'running: L', '> b', 'queued: ']);
  });

  it('puts an earlier page before what is there, its overlap once', () => {
    const [first, second] = [sampleSession().run(), sampleSession().run()];
    const answer = first.saved('assistant', 'A');
    const fold = newSessionFold([answer, second.saved('user', 'b')]);
    expect(shown(fold)).toEqual(['completed: A', '> b']);
    takeEarlier(fold, [first.saved('user', 'a'), answer]);
    expect(shown(fold)).toEqual(['> a', 'completed: A', '> b']);
  });
});

describe('what is missing', () => {
  it('asks for the saved answer of a run that ended and was seen in part only', () => {
    const run = sampleSession().run();
    run.skip(5);
    const fold = take(newSessionFold([]), run.next({ type: 'text_chunk', text: 'rest' }));
    expect(needsSavedAnswer(fold, run.runId)).toBe(false);
    take(fold, run.next({ type: 'execution_complete', messageId: newId() }));
    expect(needsSavedAnswer(fold, run.runId)).toBe(true);
    takeSaved(fold, [run.saved('assistant', 'all the rest')]);
    expect(needsSavedAnswer(fold, run.runId)).toBe(false);
    expect(shown(fold)).toEqual(['completed: all the rest']);
  });

  it('asks for nothing where a run was stopped before it had written anything', () => {
    const run = sampleSession().run();
    run.skip(1);
    const fold = take(
      newSessionFold([]),
      run.next({ type: 'execution_complete', messageId: null, cancelled: true }),
    );
    expect(needsSavedAnswer(fold, run.runId)).toBe(false);
  });

  it('asks how a run ended that has no answer, or one that broke off', () => {
    const [whole, broken, silent, live] = [1, 2, 3, 4].map(() => sampleSession().run());
    if (!whole || !broken || !silent || !live) throw new Error('four runs were made');
    const fold = newSessionFold([
      whole.saved('user', 'a'),
      whole.saved('assistant', 'A'),
      broken.saved('user', 'b'),
      broken.saved('assistant', 'B', 'failed'),
      silent.saved('user', 'c'),
      live.saved('user', 'd'),
    ]);
    live.skip(1);
    take(fold, live.next({ type: 'text_chunk', text: 'D' }));
    expect(untoldRuns(fold, 5)).toEqual([broken.runId, silent.runId]);
    expect(untoldRuns(fold, 1)).toEqual([silent.runId]);
    const { runId: id, next } = silent;
    const error = { code: 'MODEL_FAILED', message: 'no' };
    const { sessionId, time } = next({ type: 'runtime_recovered' });
    fold.summaries.set(id, {
      ...{ id, sessionId, status: 'failed', messageId: null, error },
      ...{ createdAt: time, endedAt: time },
    });
    expect(shown(fold)).toEqual([
      '> a',
      'completed: A',
      '> b',
      'failed: B',
      '> c',
      'failed: ',
      '> d',
      'running: D',
    ]);
  });

  it('begins anew with fresh history: ended runs keep what they showed, the others wait for the log', () => {
    const [ended, active] = [sampleSession().run(), sampleSession().run()];
    const fold = take(
      newSessionFold([]),
      ended.next(ended.asked('a')),
      ended.next({ type: 'thinking', text: 'hm' }),
      ended.next({ type: 'text_chunk', text: 'A' }),
      ended.next({ type: 'execution_complete', messageId: newId() }),
      active.next(active.asked('b')),
      active.next({ type: 'text_chunk', text: 'B' }),
    );
    const fresh = refolded(fold, [
      ended.saved('user', 'a'),
      ended.saved('assistant', 'A'),
      active.saved('user', 'b'),
    ]);
    expect(shown(fresh)).toEqual(['> a', 'completed: A', '> b']);
    expect(fresh.runs.get(ended.runId)?.segments).toHaveLength(2);
  });
});
