import { rename, writeFile } from 'node:fs/promises';

/** Writes a file in one step, so that no reader ever sees half of it. */
export async function writeWhole(file: string, text: string, mode = 0o600): Promise<void> {
  const scratch = `${file}.${process.pid}.new`;
  await writeFile(scratch, text, { mode });
  await rename(scratch, file);
}
