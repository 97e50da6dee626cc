/** What a checkpoint's file name tells. */
export interface CheckpointFile {
  name: string;
  /** 1, 2, 3, … in the session. Two processes may give the same one. */
  sequence: number;
  runId: string;
  generation: number;
}

const NAME = /^(\d{12})-([0-9a-f-]{36})-(\d{1,12})-[A-Za-z0-9_-]{1,64}\.json$/;

/**
 * `<sequence>-<run>-<generation>-<boot>.json`. The boot keeps a process that was replaced and does not know it yet
 * from writing over its successor's files.
 */
export const checkpointFileName = (
  sequence: number,
  run: { runId: string; generation: number },
  bootId: string,
): string => `${String(sequence).padStart(12, '0')}-${run.runId}-${run.generation}-${bootId}.json`;

/** The checkpoints among a folder's files, oldest first. */
export const checkpointFiles = (names: readonly string[]): CheckpointFile[] =>
  names
    .flatMap((name) => {
      const [, sequence, runId, generation] = NAME.exec(name) ?? [];
      if (!sequence || !runId || !generation) return [];
      return [{ name, sequence: Number(sequence), runId, generation: Number(generation) }];
    })
    .sort((a, b) => a.sequence - b.sequence);

/**
 * A run's checkpoints, the one to go on from first. A higher generation goes before a higher sequence: what a process
 * wrote after it had been replaced does not count any more.
 */
export const candidates = (files: readonly CheckpointFile[], runId: string): CheckpointFile[] =>
  files
    .filter((file) => file.runId === runId)
    .sort((a, b) => b.generation - a.generation || b.sequence - a.sequence);
