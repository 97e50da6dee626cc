import { newId } from '@semibot/protocol';
import { describe, expect, it } from 'vitest';
import { candidates, checkpointFileName, checkpointFiles } from './checkpoint-file.ts';

const [runId, otherId, boot] = [newId(), newId(), newId()];
const name = (sequence: number, generation: number, run = runId, bootId = boot): string =>
  checkpointFileName(sequence, { runId: run, generation }, bootId);
const sequences = (names: string[]): number[] =>
  candidates(checkpointFiles(names), runId).map(({ sequence }) => sequence);

describe("a session's checkpoint files", () => {
  it('are told by their names, oldest first, and other files are not among them', () => {
    const names = [name(12, 1), name(2, 1), `${name(3, 1)}.tmp`, 'notes.txt', '.DS_Store'];
    expect(checkpointFiles(names)).toEqual([
      { name: name(2, 1), sequence: 2, runId, generation: 1 },
      { name: name(12, 1), sequence: 12, runId, generation: 1 },
    ]);
  });

  it('give a run its newest first, and nothing of other runs', () => {
    expect(sequences([name(1, 1), name(3, 1), name(4, 1, otherId), name(2, 1)])).toEqual([3, 2, 1]);
    expect(sequences([name(4, 1, otherId)])).toEqual([]);
  });

  it('do not count what a process wrote after it had been replaced', () => {
    expect(sequences([name(5, 1), name(6, 2), name(7, 1)])).toEqual([6, 7, 5]);
  });

  it('of two processes do not stand under one name', () => {
    expect(name(5, 1, runId, newId())).not.toBe(name(5, 1, runId, newId()));
  });
});
