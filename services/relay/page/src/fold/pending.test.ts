import { describe, expect, it } from 'vitest';
import { newPending, presume, stillPending } from './pending.ts';

const said = (...ids: string[]) =>
  new Map(ids.map((id) => [id, { id, runId: 'run', text: 'hi', time: '' }] as const));

describe('a message on its way', () => {
  it('is shown until its message is seen', () => {
    const pending = [{ ...newPending('k', 'hi', 'queue'), state: 'accepted' as const, messageId: 'm' }];
    expect(stillPending(pending, said('other'))).toHaveLength(1);
    expect(stillPending(pending, said('m'))).toHaveLength(0);
  });

  it('is taken for the message that the log tells before the API has answered', () => {
    const pending = presume([newPending('k', ' hi ', 'queue')], { messageId: 'm', text: 'hi' });
    expect(stillPending(pending, said('m'))).toHaveLength(0);
  });

  it('is not taken for a message with another text', () => {
    const pending = [newPending('k', 'hi', 'queue')];
    expect(presume(pending, { messageId: 'm', text: 'ho' })).toBe(pending);
  });

  it('that was sent twice on purpose is taken for one message each', () => {
    const twice = [newPending('k1', 'hi', 'queue'), newPending('k2', 'hi', 'queue')];
    const once = presume(twice, { messageId: 'm1', text: 'hi' });
    expect(stillPending(once, said('m1'))).toHaveLength(1);
    expect(stillPending(presume(once, { messageId: 'm2', text: 'hi' }), said('m1', 'm2'))).toHaveLength(0);
  });

  it('is shown again where the API answers with another id than was presumed', () => {
    const [presumed] = presume([newPending('k', 'hi', 'queue')], { messageId: 'other', text: 'hi' });
    if (!presumed) throw new Error('it was there');
    expect(stillPending([{ ...presumed, messageId: 'mine' }], said('other'))).toHaveLength(1);
  });

  it('leaves a message of its own alone that the log tells after the API has answered', () => {
    const accepted = { ...newPending('k1', 'hi', 'queue'), messageId: 'm1' };
    const waiting = newPending('k2', 'hi', 'queue');
    const pending = [accepted, waiting];
    expect(presume(pending, { messageId: 'm1', text: 'hi' })).toBe(pending);
  });
});
