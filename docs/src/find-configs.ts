import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { PartConfig } from './configuration.ts';

/** Folders whose folders are parts. */
const FOLDERS = ['services', 'infra'];

/** The module's exported schema of its environment: `configSchema`, or `<part>ConfigSchema`. */
async function schemaIn(file: string): Promise<z.ZodObject> {
  const module: Record<string, unknown> = await import(pathToFileURL(file).href);
  for (const [name, value] of Object.entries(module))
    if (/configSchema$/i.test(name) && value instanceof z.ZodObject) return value;
  throw new Error(`${file} does not export its variables: configSchema, a z.object`);
}

/**
 * What each part reads from its environment, in alphabetical order. A part without a `src/config.ts` reads nothing; one
 * whose file does not export its schema is an error, so that no variable goes untold.
 */
export async function findConfigs(root: string): Promise<PartConfig[]> {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => ({
      name,
      file: join(root, folder, name, 'src', 'config.ts'),
    })),
  ).filter(({ file }) => existsSync(file));
  const found = await Promise.all(
    files.map(async ({ name, file }) => ({ name, schema: await schemaIn(file) })),
  );
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}
