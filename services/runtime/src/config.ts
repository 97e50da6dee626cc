import { readFileSync } from 'node:fs';
import { idSchema } from '@semibot/protocol';
import { ConfigError, loadConfig, logLevelSchema } from '@semibot/service';
import { z } from 'zod';

/** The runtime's environment, given by whoever starts it: the scheduler's driver, or a person's own machine. */
export const configSchema = z.object({
  VM_USER_ID: idSchema.describe('The user that this runtime works for.'),
  VM_ORG_ID: idSchema.describe("That user's organization."),
  VM_INSTANCE_ID: idSchema.describe("This runtime in the scheduler's books."),
  VM_TOKEN: z.string().min(1).describe('A JWT that lets the runtime connect; short-lived.'),
  VM_TICKET: z.string().min(1).describe('Lets the runtime connect for the first time, once.'),
  VM_SECRETS_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'A file of JSON with VM_TOKEN and VM_TICKET, in place of these variables; /dev/stdin is one too.',
    ),
  NATS_URL: z.string().min(1).describe('Where the bus is: nats://host:port, several separated by commas.'),
  SEMIBOT_DATA_DIR: z.string().min(1).describe("The folder for this user's files, checkpoints among them."),
  LOG_LEVEL: logLevelSchema,
});
export type Config = z.output<typeof configSchema>;

/** Variables that no child process and no dump of the environment may show. */
const SECRETS = ['VM_TOKEN', 'VM_TICKET'] as const;
const secretsSchema = configSchema.pick({ VM_TOKEN: true, VM_TICKET: true });

/** Reads the configuration and takes the secrets out of the environment. Throws ConfigError. */
export function takeConfig(env: NodeJS.ProcessEnv = process.env): Config {
  try {
    return loadConfig(configSchema, { ...env, ...(env.VM_SECRETS_FILE && readSecrets(env.VM_SECRETS_FILE)) });
  } finally {
    for (const name of SECRETS) delete env[name];
  }
}

function readSecrets(file: string): z.output<typeof secretsSchema> {
  try {
    return secretsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // Not the cause: it may quote what was read.
    const problem = `is not usable: ${file} must be a file of JSON with VM_TOKEN and VM_TICKET`;
    throw new ConfigError([{ variable: 'VM_SECRETS_FILE', problem }]);
  }
}
