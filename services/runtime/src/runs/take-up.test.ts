import { newId, type Turn } from '@semibot/protocol';
import { describe, expect, it } from 'vitest';
import type { Said, Steering } from './said.ts';
import { takeUp } from './take-up.ts';

const user = (text: string): Turn & Steering => ({ role: 'user', messageId: newId(), text });
const answer: Said = { role: 'assistant', text: 'so far' };
const [earlier, asked, first, second] = [user('earlier'), user('asked'), user('first'), user('second')];
const checkpoint = (said: Said[]) => ({
  runId: newId(),
  generation: 1,
  lastTurnId: asked.messageId,
  said,
  fromIndex: 2,
  outcome: null,
});

describe('the conversation of a run that is taken up again', () => {
  it('is as it was told where there is no checkpoint', () => {
    expect(takeUp([asked, first], null)).toEqual({ turns: [asked, first], said: [], late: [] });
  });

  it('has what steered the run once, at its place', () => {
    expect(takeUp([earlier, asked, first], checkpoint([answer, first]))).toEqual({
      turns: [earlier, asked],
      said: [answer, first],
      late: [],
    });
  });

  it('has what steered the run after its checkpoint at the end', () => {
    expect(takeUp([asked, first, second], checkpoint([answer, first]))).toEqual({
      turns: [asked],
      said: [answer, first, second],
      late: [second],
    });
    expect(takeUp([asked, first], checkpoint([]))).toEqual({ turns: [asked], said: [first], late: [first] });
  });

  it('has nothing twice where the turns do not reach back to its beginning', () => {
    expect(takeUp([first], checkpoint([answer, first]))).toEqual({
      turns: [],
      said: [answer, first],
      late: [],
    });
  });
});
