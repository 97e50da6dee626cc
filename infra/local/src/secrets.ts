import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { generateNatsKeys, natsKeysSchema } from './nats/nats-keys.ts';
import { writeWhole } from './write-whole.ts';

const secretsSchema = z.object({
  /** Signs the tokens of people and of runtimes. */
  jwtSecret: z.string().min(32),
  postgresPassword: z.string().min(32),
  /** Encrypts what is kept secret in the database: 32 bytes in base64. */
  secretKey: z.base64().length(44),
  nats: natsKeysSchema,
});
/** As older versions wrote them. */
const keptSchema = secretsSchema.partial({ secretKey: true }).extend({
  nats: natsKeysSchema.partial({ vmOperator: true }),
});
export type Secrets = z.infer<typeof secretsSchema>;

const random = (): string => randomBytes(32).toString('base64url');
const newSecretKey = (): string => randomBytes(32).toString('base64');

const writeSecrets = (file: string, secrets: Secrets): Promise<void> =>
  writeWhole(file, `${JSON.stringify(secrets, null, 2)}\n`);

/** The file with the operator's seed, as the nats CLI takes it with `--nkey`. */
export const operatorSeedFile = (folder: string): string => join(folder, 'operator.nk');

/**
 * The secrets of this data folder, made at the first start, and those that an older version did not know at the next.
 * Files of 0600 in a folder of 0700.
 */
export async function loadSecrets(folder: string): Promise<Secrets> {
  const file = join(folder, 'secrets.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new Error(`The secrets of this data folder cannot be read: ${error.message}`, { cause: error });
  });
  if (text !== null) {
    const kept = keptSchema.parse(JSON.parse(text));
    const secrets: Secrets = {
      ...kept,
      secretKey: kept.secretKey ?? newSecretKey(),
      nats: { ...kept.nats, vmOperator: kept.nats.vmOperator ?? generateNatsKeys().vmOperator },
    };
    if (!kept.secretKey || !kept.nats.vmOperator) await writeSecrets(file, secrets);
    return secrets;
  }
  const secrets: Secrets = {
    jwtSecret: random(),
    postgresPassword: random(),
    secretKey: newSecretKey(),
    nats: generateNatsKeys(),
  };
  await writeWhole(operatorSeedFile(folder), `${secrets.nats.operator.seed}\n`);
  await writeSecrets(file, secrets);
  return secrets;
}
