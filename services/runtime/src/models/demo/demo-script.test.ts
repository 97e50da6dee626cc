import { describe, expect, it } from 'vitest';
import { type DemoScript, writeScript } from './demo-script.ts';

const say = (message: string) => {
  const { thinking, text, ...rest }: DemoScript = writeScript(message);
  return { thinking: [...thinking], text: [...text], ...rest };
};

describe('the demo model', () => {
  it('counts a number a chunk, with single spaces and none at the end', () => {
    const { text, intervalMs } = say('Please count to 12');
    expect(text).toEqual(['1', ' 2', ' 3', ' 4', ' 5', ' 6', ' 7', ' 8', ' 9', ' 10', ' 11', ' 12']);
    expect(intervalMs).toBe(20);
  });

  it('counts as fast as it is told to', () => {
    expect(say('count to 3 every 250 ms').intervalMs).toBe(250);
    expect(say('Count to 3 every 0ms!').intervalMs).toBe(0);
  });

  it('does not count for ever', () => {
    expect(say('count to 100001').text.join('')).toBe('I count to 100000 at most.');
    expect(say('count to 100000').text).toHaveLength(100_000);
  });

  it('thinks before it speaks where it is asked to', () => {
    const { thinking, text } = say('think first, then count to 2');
    expect(thinking.join('')).toContain('count to 2');
    expect(text.join('')).toBe('1 2');
    expect(say('count to 2').thinking).toEqual([]);
  });

  it('fails with the code it is given, after what it was to say', () => {
    expect(say('fail with QUOTA_EXCEEDED')).toMatchObject({ text: [], failure: 'QUOTA_EXCEEDED' });
    expect(say('count to 2 and fail with model_failed')).toMatchObject({
      text: ['1', ' 2'],
      failure: 'MODEL_FAILED',
    });
  });

  it('answers anything else word by word, and says what it can do', () => {
    const { text } = say('  What is\nthe time? ');
    expect(text[0]).toBe('You');
    expect(text.every((word) => /^\s*\S+$/.test(word))).toBe(true);
    expect(text.join('')).toMatch(/^You said: “What is the time\?”\n\n.*count to 20/s);
    expect(say('count to 0').text.join('')).toContain('“count to 0”');
    expect(say('').text.join('')).toContain('You said: “”');
  });

  it('quotes no more than the beginning of a long message', () => {
    expect(say('x'.repeat(100_000)).text.join('').length).toBeLessThan(800);
  });

  it.each([
    ['run python: print("count to 3")', 'run code'],
    ['use web_search with {"query": "nats"}', 'use tools'],
    ['remember: my name is Ann', 'remember'],
    ['recall: my name', 'remember'],
    ['delegate to researcher: count to 3', 'delegate'],
  ])('says of “%s” that it cannot', (message, what) => {
    expect(say(message).text.join('')).toMatch(new RegExp(`^I cannot ${what}`));
  });
});
