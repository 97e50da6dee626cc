import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RequestFailure } from '../api/request-failure.ts';
import { newPending, type PendingMessage } from '../fold/pending.ts';
import { createOutbox } from './outbox.ts';

const unreachable = new RequestFailure(0, 'UNREACHABLE', 'no answer');
const refused = new RequestFailure(400, 'VALIDATION_FAILED', 'not like this');

/** An outbox whose posts are answered from a list, an id or a failure each; then always by an id. */
function lab(answers: (string | RequestFailure)[], initial: PendingMessage[] = []) {
  const posted: string[] = [];
  const outbox = createOutbox({
    initial,
    post: async ({ key }) => {
      posted.push(key);
      const answer = answers.shift() ?? `id of ${key}`;
      if (typeof answer !== 'string') throw answer;
      return { messageId: answer };
    },
    onChange: () => undefined,
  });
  return { outbox, posted };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the outbox', () => {
  it('sends a message again under its key until it arrives', async () => {
    const { outbox, posted } = lab([unreachable, unreachable, 'm']);
    outbox.send(newPending('k', 'hi', 'queue'));
    expect(outbox.pending).toMatchObject([{ state: 'sending' }]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(posted).toEqual(['k', 'k', 'k']);
    expect(outbox.pending).toMatchObject([{ state: 'accepted', messageId: 'm' }]);
  });

  it('keeps the order: the next message waits for the one before it', async () => {
    const { outbox, posted } = lab([unreachable]);
    outbox.send(newPending('first', 'a', 'queue'));
    outbox.send(newPending('second', 'b', 'queue'));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(posted).toEqual(['first', 'first', 'second']);
  });

  it('gives up after a while, and sends again under the same key when asked to', async () => {
    const { outbox, posted } = lab(Array.from({ length: 100 }, () => unreachable));
    outbox.send(newPending('k', 'hi', 'queue'));
    await vi.advanceTimersByTimeAsync(120_000);
    expect(outbox.pending).toMatchObject([{ state: 'failed', problem: null }]);
    const tries = posted.length;
    outbox.retry('k');
    expect(outbox.pending).toMatchObject([{ state: 'sending' }]);
    await vi.advanceTimersByTimeAsync(0);
    expect(posted.length).toBe(tries + 1);
    expect(new Set(posted)).toEqual(new Set(['k']));
  });

  it('does not repeat what was refused, says why, and goes on with the next', async () => {
    const { outbox, posted } = lab([refused]);
    outbox.send(newPending('bad', '', 'queue'));
    outbox.send(newPending('good', 'b', 'queue'));
    await vi.advanceTimersByTimeAsync(0);
    expect(posted).toEqual(['bad', 'good']);
    expect(outbox.pending).toMatchObject([
      { state: 'failed', problem: 'not like this' },
      { state: 'accepted', messageId: 'id of good' },
    ]);
    outbox.discard('bad');
    expect(outbox.pending).toHaveLength(1);
  });

  it('goes on with what an earlier page had not got through, but not with what had failed', async () => {
    const failed = { ...newPending('failed', 'a', 'queue'), state: 'failed' as const };
    const { posted } = lab([], [failed, newPending('open', 'b', 'queue')]);
    await vi.advanceTimersByTimeAsync(0);
    expect(posted).toEqual(['open']);
  });
});
