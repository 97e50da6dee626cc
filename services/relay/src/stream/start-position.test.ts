import { describe, expect, it } from 'vitest';
import { startPosition, wantedStart } from './start-position.ts';

const bounds = { epoch: 'now', first: 101, last: 200 };
const at = (sequence: number, epoch = 'now') => ({ from: 'cursor', cursor: { epoch, sequence } }) as const;
const history = { epoch: 'now', sequence: 150 };

describe('what a request asks for', () => {
  it('is the cursor of its header before that of its query', () => {
    expect(wantedStart('now:7', 'now:3')).toEqual(at(7));
    expect(wantedStart('now:7', 'nonsense')).toEqual(at(7));
    expect(wantedStart('', 'now:3')).toEqual(at(3));
  });

  it('is everything for 0, and what follows the history for nothing', () => {
    expect(wantedStart(undefined, '0')).toEqual({ from: 'first' });
    expect(wantedStart(undefined, undefined)).toEqual({ from: 'history' });
  });

  it.each(['-1', 'abc', '00', ' 0', 'now', 'now:-1'])('is refused where it is %j', (text) => {
    expect(() => wantedStart(undefined, text)).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID' }));
  });
});

describe('where a reader begins', () => {
  it('is where it asks, within what is kept', () => {
    for (const sequence of [100, 101, 150, 200])
      expect(startPosition(at(sequence), bounds, history)).toEqual({ after: sequence, resync: false });
    expect(startPosition(at(0), bounds, history)).toEqual({ after: 0, resync: false });
    expect(startPosition({ from: 'first' }, bounds, history)).toEqual({ after: 0, resync: false });
    expect(startPosition({ from: 'history' }, bounds, history)).toEqual({ after: 150, resync: false });
  });

  it('is the end of the history, with resync, where its position is gone', () => {
    const resync = { after: 150, resync: true };
    expect(startPosition(at(99), bounds, history)).toEqual(resync);
    expect(startPosition(at(5_000, 'before'), bounds, history)).toEqual(resync);
  });

  it('is the history’s own end without resync, however old that is', () => {
    const quiet = { epoch: 'now', sequence: 20 };
    expect(startPosition(at(20), bounds, quiet)).toEqual({ after: 20, resync: false });
    expect(startPosition({ from: 'history' }, bounds, quiet)).toEqual({ after: 20, resync: false });
  });

  it('is all that is kept where the history speaks of another incarnation', () => {
    const before = { epoch: 'before', sequence: 9_000 };
    expect(startPosition({ from: 'history' }, bounds, before)).toEqual({ after: 0, resync: false });
    expect(startPosition(at(9_000, 'before'), bounds, before)).toEqual({ after: 0, resync: true });
    expect(startPosition({ from: 'history' }, bounds, null)).toEqual({ after: 0, resync: false });
  });

  it('is nowhere beyond the end of the log', () => {
    expect(() => startPosition(at(201), bounds, history)).toThrow(
      expect.objectContaining({ code: 'CURSOR_INVALID' }),
    );
  });
});
