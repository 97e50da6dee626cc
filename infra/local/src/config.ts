import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const filled = z.string().transform((text) => text || undefined);

/** What this package reads from the environment; everything has a default. */
export const localConfigSchema = z.object({
  NATS_SERVER_BIN: filled
    .optional()
    .describe('A nats-server binary (2.12 or newer) to use before any other.'),
  XDG_CACHE_HOME: filled
    .optional()
    .describe('Where downloaded programs are kept, in a folder `semibot`; default `~/.cache`.'),
  PATH: z.string().default('').describe('Searched for nats-server.'),
});

export interface LocalConfig {
  natsServerBin: string | undefined;
  cacheDir: string;
  path: string;
}

/** The environment, read. */
export function readLocalConfig(env: NodeJS.ProcessEnv = process.env): LocalConfig {
  const read = localConfigSchema.parse(env);
  return {
    natsServerBin: read.NATS_SERVER_BIN,
    cacheDir: join(read.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'semibot'),
    path: read.PATH,
  };
}
