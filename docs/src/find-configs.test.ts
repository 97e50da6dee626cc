import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findConfigs } from './find-configs.ts';

const zod = JSON.stringify(import.meta.resolve('zod'));

describe('the search for configurations', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'semibot-docs-'));
    for (const folder of ['services', 'infra']) mkdirSync(join(root, folder));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const part = (path: string, config: string | null) => {
    mkdirSync(join(root, path, 'src'), { recursive: true });
    if (config) writeFileSync(join(root, path, 'src', 'config.ts'), `import { z } from ${zod};\n${config}`);
  };

  it('finds the schema of each part that reads its environment', async () => {
    part('services/zebra', 'export const configSchema = z.object({ PORT: z.string() });');
    part('services/quiet', null);
    part('infra/ape', 'export const apeConfigSchema = z.object({ HOST: z.string() });');
    const found = await findConfigs(root);
    expect(found.map(({ name, schema }) => [name, Object.keys(schema.shape)])).toEqual([
      ['ape', ['HOST']],
      ['zebra', ['PORT']],
    ]);
  });

  it('fails on a part that does not export its schema', async () => {
    part('services/secretive', 'export const load = () => z.object({});');
    await expect(findConfigs(root)).rejects.toThrow(/secretive.*does not export its variables/);
  });
});
