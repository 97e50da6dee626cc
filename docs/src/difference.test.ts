import { describe, expect, it } from 'vitest';
import { difference } from './difference.ts';

describe('the difference between a page and the code', () => {
  it('is none where they are the same', () => {
    expect(difference('A.md', 'same\n', 'same\n')).toBeNull();
  });

  it('is told with the first line that differs', () => {
    expect(difference('A.md', 'one\nold\n', 'one\nnew\n')).toBe(
      'docs/A.md differs from the code at line 2:\n  on disk   old\n  from code new',
    );
  });

  it('is told where one ends before the other', () => {
    expect(difference('A.md', 'one\ntwo', 'one')).toContain(
      'at line 2:\n  on disk   two\n  from code (ends here)',
    );
    expect(difference('A.md', 'one', 'one\ntwo')).toContain('at line 2:\n  on disk   (ends here)');
  });

  it('is told where the page is missing', () => {
    expect(difference('A.md', null, 'text')).toBe('docs/A.md is missing');
  });
});
