import { describe, expect, it } from 'vitest';
import type { EventBody, SessionEvent } from './events.ts';
import { emptyRunFold, foldedText, foldRun } from './fold-run.ts';
import { newId } from './ids.ts';

const runId = newId();
const sessionId = newId();
const at = (index: number, body: EventBody) =>
  ({ ...body, sessionId, runId, index, time: new Date(0).toISOString() }) as SessionEvent;
const fold = (events: SessionEvent[]) => events.reduce(foldRun, emptyRunFold());

describe('the fold of a run', () => {
  it('joins the text of its chunks', () => {
    expect(
      foldedText(fold([at(0, { type: 'text_chunk', text: 'a ' }), at(1, { type: 'text_chunk', text: 'b' })])),
    ).toBe('a b');
  });

  it('drops what a restarted step withdraws, and keeps what was said before it', () => {
    const folded = fold([
      at(0, { type: 'text_chunk', text: 'kept ' }),
      at(1, { type: 'text_chunk', text: 'withdrawn' }),
      at(2, { type: 'step_restarted', fromIndex: 1 }),
      at(3, { type: 'text_chunk', text: 'again' }),
    ]);
    expect(foldedText(folded)).toBe('kept again');
    expect(folded.nextIndex).toBe(4);
  });

  it('takes an event that comes twice once', () => {
    const chunk = at(0, { type: 'text_chunk', text: 'once' });
    expect(foldedText(fold([chunk, chunk]))).toBe('once');
  });

  it('refuses a gap', () => {
    expect(() => fold([at(1, { type: 'text_chunk', text: 'late' })])).toThrow(/event 1 follows -1/);
  });

  it('knows the first terminal event as the end', () => {
    const folded = fold([
      at(0, { type: 'execution_complete', messageId: null, cancelled: true }),
      at(1, { type: 'execution_error', code: 'LATE', message: '' }),
    ]);
    expect(folded.terminal?.type).toBe('execution_complete');
  });
});
