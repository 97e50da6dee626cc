import { beforeEach, describe, expect, it } from 'vitest';
import { createModelLists, type ModelLists } from './model-lists.ts';

const settings = { baseUrl: 'http://127.0.0.1:1/v1', apiKey: 'sk-1' };

describe("the providers' lists of models", () => {
  let asked: string[];
  let failures: unknown[];
  let clock: number;
  let answer: () => Promise<string[]>;
  let lists: ModelLists;
  beforeEach(() => {
    [asked, failures, clock] = [[], [], 0];
    answer = () => Promise.resolve(['small-1']);
    lists = createModelLists({
      ask: ({ apiKey }) => {
        asked.push(apiKey);
        return answer();
      },
      onFailure: (error) => failures.push(error),
      now: () => clock,
    });
  });

  it('are asked for once for all who want them at the same time', async () => {
    expect(await Promise.all([lists.of(settings), lists.of(settings)])).toEqual([['small-1'], ['small-1']]);
    expect(asked).toEqual(['sk-1']);
  });

  it('are remembered for five minutes', async () => {
    await lists.of(settings);
    clock = 5 * 60_000 - 1;
    await lists.of(settings);
    expect(asked).toHaveLength(1);
    clock += 1;
    await lists.of(settings);
    expect(asked).toHaveLength(2);
  });

  it('are asked for anew with another key', async () => {
    await lists.of(settings);
    await lists.of({ ...settings, apiKey: 'sk-2' });
    expect(asked).toEqual(['sk-1', 'sk-2']);
  });

  it('are null while the provider gives none, and it is left alone for ten seconds', async () => {
    const failure = new Error('status 500');
    answer = () => Promise.reject(failure);
    expect(await lists.of(settings)).toBeNull();
    clock = 9_999;
    expect(await lists.of(settings)).toBeNull();
    expect(failures).toEqual([failure]);
    clock = 10_000;
    answer = () => Promise.resolve(['small-2']);
    expect(await lists.of(settings)).toEqual(['small-2']);
  });
});
