import { describe, expect, it } from 'vitest';
import { ago, renderTable } from './table.ts';

describe('a table for people', () => {
  it('has columns as wide as they must be and no blanks at the ends of its lines', () => {
    expect(
      renderTable(
        ['USER', 'STATUS'],
        [
          ['ann', 'ready'],
          ['bartholomew', '-'],
        ],
      ),
    ).toBe(['USER         STATUS', 'ann          ready', 'bartholomew  -'].join('\n'));
  });

  it('is its headings where there is nothing in it', () => {
    expect(renderTable(['USER', 'STATUS'], [])).toBe('USER  STATUS');
  });
});

describe('how long ago something was', () => {
  const now = Date.parse('2026-01-02T00:00:00Z');
  it.each([
    [null, '-'],
    ['2026-01-02T00:00:00Z', '0 s ago'],
    ['2026-01-01T23:59:01Z', '59 s ago'],
    ['2026-01-01T23:55:00Z', '5 min ago'],
    ['2026-01-01T22:01:00Z', '1 h ago'],
    ['2025-12-30T00:00:00Z', '3 d ago'],
    ['2026-01-02T00:00:05Z', '0 s ago'],
  ])('%s is %s', (time, text) => {
    expect(ago(time, now)).toBe(text);
  });
});
