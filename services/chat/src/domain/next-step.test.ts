import { describe, expect, it } from 'vitest';
import { type ActiveRun, nextStep } from './next-step.ts';

const run = (id: string, over: Partial<ActiveRun> = {}): ActiveRun => ({
  id,
  status: 'queued',
  bootId: null,
  cancelRequested: false,
  ...over,
});
const running = (id: string, bootId: string | null, cancelRequested = false) =>
  run(id, { status: 'running', bootId, cancelRequested });

describe('what is next in a session', () => {
  it.each([
    ['nothing without runs', [], 'b1', { type: 'none' }],
    ['the first queued run goes to the runtime', [run('a'), run('b')], 'b1', { type: 'lease', runId: 'a' }],
    ['a queued run waits while there is no runtime', [run('a')], null, { type: 'none' }],
    ['a running run is left alone', [running('a', 'b1'), run('b')], 'b1', { type: 'none' }],
    ['a run of a dead runtime is taken back', [running('a', 'b1')], null, { type: 'take-back', runId: 'a' }],
    [
      'a run of a replaced runtime is taken back',
      [running('a', 'b1')],
      'b2',
      { type: 'take-back', runId: 'a' },
    ],
    [
      'a run that was taken back goes to the next runtime',
      [running('a', null), run('b')],
      'b2',
      { type: 'lease', runId: 'a' },
    ],
    [
      'a stopped run that nobody has is ended',
      [running('a', null, true)],
      'b2',
      { type: 'end-cancelled', runId: 'a' },
    ],
    ['a stopped run is left to the runtime that has it', [running('a', 'b1', true)], 'b1', { type: 'none' }],
    [
      'a stopped run is ended before the next is handed out',
      [run('a', { cancelRequested: true }), run('b')],
      'b1',
      { type: 'end-cancelled', runId: 'a' },
    ],
    [
      'a stopped run behind a running one waits for its end',
      [running('a', 'b1'), run('b', { cancelRequested: true })],
      'b1',
      { type: 'none' },
    ],
  ] as const)('%s', (_, active, bootId, expected) => {
    expect(nextStep(active, bootId)).toEqual(expected);
  });
});
