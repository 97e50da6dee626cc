import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '@semibot/service';
import { z } from 'zod';

/** What `npm run vm` reads from the environment. */
export const configSchema = z.object({
  SEMIBOT_DATA_DIR: z
    .string()
    .min(1)
    .default('.semibot')
    .describe('The data folder of `npm start`, which tells where the bus is.'),
  NATS_URL: z
    .string()
    .min(1)
    .optional()
    .describe('The bus, where it is not the one of the data folder: nats://host:port.'),
  NATS_NKEY_SEED: z
    .string()
    .min(1)
    .optional()
    .describe('The key of the command line for runtimes, to go with NATS_URL.'),
});

/** Where the bus is, and with which key it is asked. */
export interface Access {
  servers: string;
  nkeySeed: string;
}

const infoSchema = z.object({ nats: z.string() });
const secretsSchema = z.object({ nats: z.object({ vmOperator: z.object({ seed: z.string() }) }) });

async function readJson<T extends z.ZodType>(file: string, schema: T): Promise<z.output<T>> {
  return schema.parse(JSON.parse(await readFile(file, 'utf8')));
}

/** From the environment, or the data folder of a system that runs; throws a text for people. */
export async function findAccess(data: string | undefined, env = process.env): Promise<Access> {
  const config = loadConfig(configSchema, env);
  if (!data && config.NATS_URL && config.NATS_NKEY_SEED)
    return { servers: config.NATS_URL, nkeySeed: config.NATS_NKEY_SEED };
  const folder = data ?? config.SEMIBOT_DATA_DIR;
  try {
    const info = await readJson(join(folder, 'run', 'info.json'), infoSchema);
    const secrets = await readJson(join(folder, 'secrets', 'secrets.json'), secretsSchema);
    return { servers: info.nats, nkeySeed: secrets.nats.vmOperator.seed };
  } catch (cause) {
    throw new Error(
      `No system runs on the data folder ${folder}. Start it with npm start, name another with --data <folder>, ` +
        'or set NATS_URL and NATS_NKEY_SEED.',
      { cause },
    );
  }
}
