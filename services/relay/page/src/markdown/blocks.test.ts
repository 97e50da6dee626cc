import { describe, expect, it } from 'vitest';
import { createBlockReader, isIndivisible } from './blocks.ts';

const ANSWER = [
  '# Title',
  'A paragraph that\ngoes on.',
  '- one\n- two\n\n  still two\n- three',
  '```js\nconst a = 1;\n\n// not # a title\n```',
  '| a | b |\n| - | - |\n| 1 | 2 |',
  '> quoted\nlazily',
  'The end.',
].join('\n\n');

describe('a growing answer', () => {
  it('is cut without losing a character, wherever it stands', () => {
    const reader = createBlockReader();
    for (let length = 0; length <= ANSWER.length; length += 1) {
      const text = ANSWER.slice(0, length);
      expect(reader.read(text).join('')).toBe(text);
    }
  });

  it('never changes a stretch that it has finished', () => {
    const reader = createBlockReader();
    let before: readonly string[] = [];
    for (let length = 0; length <= ANSWER.length; length += 1) {
      const now = reader.read(ANSWER.slice(0, length));
      expect(now.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
      before = now;
    }
    expect(before.map((block) => block.trim())).toEqual(ANSWER.split(/\n\n(?! |- three|\/\/)/));
  });

  it('begins anew when what was said is withdrawn', () => {
    const reader = createBlockReader();
    reader.read('# Title\n\nSome text\n\nmore');
    expect(reader.read('# Title\n\nOther').join('')).toBe('# Title\n\nOther');
  });
});

describe('a text with definitions', () => {
  it('stays in one piece, for they reach over blocks', () => {
    expect(isIndivisible('See [docs].\n\n[docs]: https://example.org')).toBe(true);
    expect(isIndivisible('A note[^1].\n\n[^1]: Here.')).toBe(true);
    expect(isIndivisible('An [inline](https://example.org) link: fine.')).toBe(false);
  });
});
