import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalSystem, startLocal } from '@semibot/local';

/** The whole system in a folder of its own, which goes with it; with this added to the environment of `npm start`. */
export async function startTemporarySystem(
  env: NodeJS.ProcessEnv = {},
): Promise<LocalSystem & { remove(): Promise<void> }> {
  const system = await startLocal({ data: await mkdtemp(join(tmpdir(), 'semibot-test-')), env });
  return {
    ...system,
    async remove() {
      await system.stop();
      await rm(system.data, { recursive: true, force: true });
    },
  };
}
