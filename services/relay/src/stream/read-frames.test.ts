import { describe, expect, it } from 'vitest';
import { sequencesOf } from './read-frames.ts';

const events = (...previous: (number | undefined)[]) => previous.map((sequence) => ({ previous: sequence }));

describe('the sequences of events that follow one another', () => {
  it('are what the next one says of each, and what the store says of the last', () => {
    expect(sequencesOf(events(5, 8, 13), 5, 21)).toEqual([8, 13, 21]);
    expect(sequencesOf(events(5), 5, 8)).toEqual([8]);
    expect(sequencesOf([], 5, 0)).toEqual([]);
  });

  it('do not mind where the first one came from: what stood before may be gone', () => {
    expect(sequencesOf(events(undefined, 8), 5, 13)).toEqual([8, 13]);
    expect(sequencesOf(events(7, 8), 5, 13)).toEqual([8, 13]);
  });

  it('are not known where one says nothing, or what cannot be', () => {
    expect(sequencesOf(events(5, undefined), 5, 8)).toBeNull();
    expect(sequencesOf(events(5, 8, 8), 5, 13)).toBeNull();
    expect(sequencesOf(events(5, 4), 5, 13)).toBeNull();
    expect(sequencesOf(events(5, 20), 5, 13)).toBeNull();
  });
});
