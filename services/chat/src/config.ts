import { apiKeySchema, baseUrlSchema } from '@semibot/protocol';
import { logLevelSchema, secret } from '@semibot/service';
import { z } from 'zod';
import { secretKeyText } from './providers/secret-key.ts';

/** What chat takes from its environment. */
export const configSchema = z.object({
  NATS_URL: z.string().min(1).describe('Address of the NATS server, several separated by commas.'),
  NATS_NKEY_SEED: z.string().min(1).describe("Chat's own nkey seed on the bus."),
  DATABASE_URL: z.string().min(1).describe('PostgreSQL connection string.'),
  JWT_SECRET: secret().describe('Signs the tokens of people; the same for chat and relay.'),
  SEMIBOT_SECRET_KEY: secretKeyText().describe(
    "Encrypts the organizations' provider keys in the database; the same for every instance of chat. Without it they " +
      'cannot be read and must be set again.',
  ),
  SEMIBOT_SECRET_KEY_PREVIOUS: secretKeyText()
    .optional()
    .describe(
      'The secret key before this one, while keys are changed: what is under it is read, and encrypted again.',
    ),
  HEALTH_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .describe('Port for /live and /ready; 0 takes a free one.'),
  LOG_LEVEL: logLevelSchema,
  SEMIBOT_LOCAL: z
    .enum(['0', '1'])
    .default('0')
    .describe('1 only under npm start: the local owner signs in without a password.'),
  CHAT_VM_READY_WAIT_MS: z.coerce
    .number()
    .int()
    .min(0)
    .default(5_000)
    .describe('How long a run waits for its runtime before the log says so, in milliseconds.'),
  OPENAI_API_KEY: apiKeySchema
    .optional()
    .describe('Key for the OpenAI-compatible provider, where an organization has none.'),
  OPENAI_BASE_URL: baseUrlSchema
    .default('https://api.openai.com/v1')
    .describe('Address of the OpenAI-compatible provider.'),
});
export type Config = z.infer<typeof configSchema>;
