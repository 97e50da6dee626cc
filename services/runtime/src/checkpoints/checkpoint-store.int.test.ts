import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '@semibot/protocol';
import { createLogger } from '@semibot/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Checkpoint } from './checkpoint.ts';
import { type CheckpointStore, createCheckpointStore } from './checkpoint-store.ts';

const [sessionId, runId] = [newId(), newId()];
const checkpoint = (generation: number, text: string): Checkpoint => ({
  runId,
  generation,
  lastTurnId: null,
  said: [{ role: 'assistant', text }],
  fromIndex: 3,
  outcome: null,
});

describe('checkpoints on disk', () => {
  let dataDir: string;
  let lines: string[];
  let store: CheckpointStore;
  const open = (): CheckpointStore =>
    createCheckpointStore({
      dataDir,
      bootId: newId(),
      logger: createLogger({ service: 'runtime' }, { write: (line) => lines.push(line) }),
    });
  const folder = (): string => join(dataDir, '.semibot', 'sessions', sessionId, 'checkpoints');

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'semibot-checkpoints-'));
    lines = [];
    store = open();
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it('are none for a session that has none', async () => {
    expect(await store.newest(sessionId, runId)).toBeNull();
  });

  it('are found by the next process, the newest first', async () => {
    await store.write(sessionId, checkpoint(1, 'one'));
    await store.write(sessionId, checkpoint(1, 'two'));
    expect(await open().newest(sessionId, runId)).toEqual(checkpoint(1, 'two'));
    expect(await store.newest(sessionId, newId())).toBeNull();
  });

  it('are the last ten, each whole', async () => {
    for (let count = 1; count <= 13; count += 1) await store.write(sessionId, checkpoint(1, `${count}`));
    const names = (await readdir(folder())).sort();
    expect(names).toHaveLength(10);
    expect([names[0], names[9]].map((name) => Number(name?.slice(0, 12)))).toEqual([4, 13]);
  });

  it('go back to the one before where the newest is damaged, and the log says which', async () => {
    await store.write(sessionId, checkpoint(1, 'whole'));
    await store.write(sessionId, checkpoint(1, 'torn'));
    const newest = (await readdir(folder())).sort().at(-1) ?? '';
    await writeFile(join(folder(), newest), '{"runId":"');
    expect(await store.newest(sessionId, runId)).toEqual(checkpoint(1, 'whole'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(newest);
  });

  it('of a process that was replaced lose against its successor, though they are written later', async () => {
    const successor = open();
    await store.write(sessionId, checkpoint(1, 'old'));
    await successor.write(sessionId, checkpoint(2, 'new'));
    await store.write(sessionId, { ...checkpoint(1, 'late'), outcome: { type: 'completed' } });
    expect(await open().newest(sessionId, runId)).toEqual(checkpoint(2, 'new'));
  });

  it('that cannot be written stop nothing, and the log says so', async () => {
    await writeFile(join(dataDir, '.semibot'), 'a file where the folder should be');
    await store.write(sessionId, checkpoint(1, 'one'));
    expect(lines.join()).toContain('checkpoint cannot be written');
  });
});
