import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@semibot/service';
import { type Checkpoint, checkpointSchema } from './checkpoint.ts';
import { candidates, checkpointFileName, checkpointFiles } from './checkpoint-file.ts';

/** Checkpoints on disk, in `<data>/.semibot/sessions/<session>/checkpoints/`. */
export interface CheckpointStore {
  /** The newest readable checkpoint of the run; a damaged one is logged and passed over. */
  newest(sessionId: string, runId: string): Promise<Checkpoint | null>;
  /**
   * Resolves when it is on disk, whole; the session's oldest beyond CHECKPOINTS_KEPT are gone then. Where it cannot be
   * written the log says so and the run goes on: after a crash more of it is done again.
   */
  write(sessionId: string, checkpoint: Checkpoint): Promise<void>;
}

/** Checkpoints kept in a session (FEATURES part 9). */
const CHECKPOINTS_KEPT = 10;

export function createCheckpointStore(options: {
  dataDir: string;
  bootId: string;
  logger: Logger;
}): CheckpointStore {
  const { dataDir, bootId, logger } = options;
  const folderOf = (sessionId: string): string =>
    join(dataDir, '.semibot', 'sessions', sessionId, 'checkpoints');

  async function read(path: string): Promise<Checkpoint | null> {
    try {
      return checkpointSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    } catch (error) {
      logger.warn({ err: error, path }, 'damaged checkpoint passed over');
      return null;
    }
  }

  async function write(folder: string, checkpoint: Checkpoint): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const before = checkpointFiles(await namesIn(folder));
    const sequence = (before.at(-1)?.sequence ?? 0) + 1;
    await writeWhole(folder, checkpointFileName(sequence, checkpoint, bootId), JSON.stringify(checkpoint));
    const surplus = before.slice(0, Math.max(0, before.length + 1 - CHECKPOINTS_KEPT));
    for (const { name } of surplus) await rm(join(folder, name), { force: true });
  }

  return {
    async newest(sessionId, runId) {
      const folder = folderOf(sessionId);
      for (const { name } of candidates(checkpointFiles(await namesIn(folder)), runId)) {
        const checkpoint = await read(join(folder, name));
        if (checkpoint) return checkpoint;
      }
      return null;
    },
    write: (sessionId, checkpoint) =>
      write(folderOf(sessionId), checkpoint).catch((error: unknown) => {
        logger.error({ err: error }, 'checkpoint cannot be written');
      }),
  };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Under its name the file is whole or not there, whenever the process or the machine stops. */
async function writeWhole(folder: string, name: string, text: string): Promise<void> {
  const path = join(folder, name);
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
