import { describe, expect, it } from 'vitest';
import { code, table } from './markdown.ts';
import { bytes, duration } from './units.ts';

describe('units', () => {
  it('are the greatest that leave no rest', () => {
    expect([72 * 3_600_000, 90 * 60_000, 30_000, 250].map(duration)).toEqual([
      '72 h',
      '90 min',
      '30 s',
      '250 ms',
    ]);
    expect([8 * 1024 ** 3, 256 * 1024 ** 2, 16_384, 1_000].map(bytes)).toEqual([
      '8 GiB',
      '256 MiB',
      '16 KiB',
      '1000 bytes',
    ]);
  });
});

describe('a table', () => {
  it('keeps what would break its cells, and shows an empty one', () => {
    expect(table(['a', 'b'], [[code('x | y'), '']])).toBe('| a | b |\n| --- | --- |\n| `x \\| y` | - |');
  });
});
