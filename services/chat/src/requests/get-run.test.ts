import { newId, type Turn } from '@semibot/protocol';
import { describe, expect, it } from 'vitest';
import { pagesOf } from './get-run.ts';

const turn = (text: string): Turn => ({ messageId: newId(), role: 'user', text });

describe('the pages of a conversation', () => {
  it('keep every turn once and in order', () => {
    const turns = ['a'.repeat(300), 'b'.repeat(300), 'c'.repeat(10), 'd'.repeat(2_000), 'e'].map(turn);
    const pages = pagesOf(turns, 1_000);
    expect(pages.flat()).toEqual(turns);
    expect(pages.length).toBeGreaterThan(1);
    for (const page of pages.filter(({ length }) => length > 1))
      expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(1_000 + page.length + 2);
  });

  it('hold no more than their bytes, but for a turn that is larger alone', () => {
    const pages = pagesOf(['中'.repeat(200), '中'.repeat(200), 'x'.repeat(5_000)].map(turn), 1_000);
    expect(pages.map((page) => page.length)).toEqual([1, 1, 1]);
  });
});
