import { foldedText, type SessionEvent } from '@semibot/protocol';
import { describe, expect, it } from 'vitest';
import { newRunRecord, type RunRecord, takeRunEvent } from './run-record.ts';
import { sampleSession } from './sample-session.ts';
import { segmentsText } from './segments.ts';

function record(events: SessionEvent[]): RunRecord {
  const [first] = events;
  if (!first) throw new Error('a run begins with an event');
  const made = newRunRecord(first);
  for (const event of events) takeRunEvent(made, event);
  return made;
}

describe('what a run shows', () => {
  it('joins neighbouring pieces of one kind and keeps the kinds in their order', () => {
    const { next } = sampleSession().run();
    const { segments } = record([
      next({ type: 'thinking', text: 'let me ' }),
      next({ type: 'thinking', text: 'see' }),
      next({ type: 'text_chunk', text: 'It ' }),
      next({ type: 'usage', model: 'demo', tokensIn: 1, tokensOut: 2 }),
      next({ type: 'text_chunk', text: 'is.' }),
    ]);
    expect(segments).toEqual([
      { kind: 'thinking', index: 0, text: 'let me see' },
      { kind: 'text', index: 2, text: 'It is.' },
    ]);
  });

  it('gives each call the outcome that carries its id, whatever the order and the names', () => {
    const { next } = sampleSession().run();
    const call = { toolName: 'search', arguments: {} };
    const { segments } = record([
      next({ type: 'tool_call_start', callId: 'a', ...call }),
      next({ type: 'tool_call_start', callId: 'b', ...call }),
      next({
        type: 'tool_call_complete',
        callId: 'b',
        toolName: 'search',
        success: true,
        result: 2,
        durationMs: 1,
      }),
      next({
        type: 'tool_call_complete',
        callId: 'a',
        toolName: 'search',
        success: false,
        error: 'no',
        durationMs: 1,
      }),
    ]);
    expect(segments).toMatchObject([
      { callId: 'a', outcome: { success: false, error: 'no' } },
      { callId: 'b', outcome: { success: true, result: 2 } },
    ]);
  });

  it('shows a call that was asked about first and begun then as one', () => {
    const { next } = sampleSession().run();
    const call = { callId: 'a', toolName: 'shell', arguments: { code: 'ls' } };
    const { segments } = record([
      next({ type: 'approval_requested', ...call }),
      next({ type: 'approval_resolved', callId: 'a', decision: 'approve' }),
      next({ type: 'tool_call_start', ...call }),
    ]);
    expect(segments).toMatchObject([{ callId: 'a', approval: 'approve', outcome: null }]);
    expect(segments).toHaveLength(1);
  });

  it('drops text, thinking and calls that a restarted step withdraws, and splits a stretch where it must', () => {
    const { next } = sampleSession().run();
    const made = record([
      next({ type: 'text_chunk', text: 'kept ' }),
      next({ type: 'text_chunk', text: 'withdrawn' }),
      next({ type: 'thinking', text: 'hm' }),
      next({ type: 'tool_call_start', callId: 'a', toolName: 'search', arguments: {} }),
      next({ type: 'step_restarted', fromIndex: 1 }),
      next({ type: 'text_chunk', text: 'again' }),
    ]);
    expect(made.segments).toEqual([{ kind: 'text', index: 0, text: 'kept again' }]);
    expect(segmentsText(made.segments)).toBe(foldedText(made.fold));
  });

  it('gives a call back its open state when only its outcome is withdrawn', () => {
    const { next } = sampleSession().run();
    const { segments } = record([
      next({ type: 'tool_call_start', callId: 'a', toolName: 't', arguments: {} }),
      next({ type: 'tool_call_complete', callId: 'a', toolName: 't', success: true, durationMs: 1 }),
      next({ type: 'step_restarted', fromIndex: 1 }),
    ]);
    expect(segments).toMatchObject([{ callId: 'a', outcome: null }]);
  });

  it('follows a plan through its steps', () => {
    const { next } = sampleSession().run();
    const step = (stepId: string) => ({ stepId, title: stepId });
    const { segments } = record([
      next({ type: 'plan_created', goal: 'g', steps: [step('1'), step('2'), step('3')] }),
      next({ type: 'plan_step_start', ...step('1') }),
      next({ type: 'plan_step_complete', ...step('1') }),
      next({ type: 'plan_step_failed', ...step('2'), error: 'no' }),
    ]);
    expect(segments).toMatchObject([
      { steps: [{ state: 'done' }, { state: 'failed' }, { state: 'waiting' }] },
    ]);
  });

  it('takes an event that comes twice once, and says so', () => {
    const { next } = sampleSession().run();
    const chunk = next({ type: 'text_chunk', text: 'once' });
    const made = record([chunk]);
    expect(takeRunEvent(made, chunk)).toBe(false);
    expect(segmentsText(made.segments)).toBe('once');
  });

  it('takes nothing after its end', () => {
    const { next } = sampleSession().run();
    const made = record([
      next({ type: 'text_chunk', text: 'all' }),
      next({ type: 'execution_complete', messageId: null, cancelled: true }),
    ]);
    expect(takeRunEvent(made, next({ type: 'text_chunk', text: ' and more' }))).toBe(false);
    expect(takeRunEvent(made, next({ type: 'execution_error', code: 'LATE', message: '' }))).toBe(false);
    expect(made.phase).toEqual({ name: 'cancelled' });
    expect(segmentsText(made.segments)).toBe('all');
  });

  it('goes on over a gap, and knows that it has seen a part only', () => {
    const run = sampleSession().run();
    const made = record([run.next({ type: 'text_chunk', text: 'a' })]);
    expect(made.partial).toBe(false);
    run.skip(1);
    expect(takeRunEvent(made, run.next({ type: 'text_chunk', text: 'c' }))).toBe(true);
    expect(made.partial).toBe(true);
  });
});

describe('where a run is', () => {
  it('goes from queued over starting, running, lost and recovered to its end', () => {
    const { next, asked } = sampleSession().run();
    const first = next(asked('hi'));
    const made = newRunRecord(first);
    const phases = [
      first,
      next({ type: 'runtime_pending', state: 'provisioning', retryAfterMs: 5000 }),
      next({ type: 'run_started', runtimeType: 'semigraph', model: 'demo' }),
      next({ type: 'text_chunk', text: 'a' }),
      next({ type: 'runtime_lost', reason: 'closed' }),
      next({ type: 'runtime_recovered' }),
      next({ type: 'step_restarted', fromIndex: 3 }),
      next({ type: 'text_chunk', text: 'a' }),
      next({ type: 'execution_error', code: 'MODEL_FAILED', message: 'no', retryAfterMs: 10 }),
    ].map((event) => {
      takeRunEvent(made, event);
      return made.phase;
    });
    expect(phases).toEqual([
      { name: 'queued' },
      { name: 'starting', state: 'provisioning' },
      { name: 'running' },
      { name: 'running' },
      { name: 'lost', reason: 'closed' },
      { name: 'recovered' },
      { name: 'recovered' },
      { name: 'running' },
      { name: 'failed', code: 'MODEL_FAILED', message: 'no', retryAfterMs: 10 },
    ]);
  });
});
