import { logLevelSchema, secret } from '@semibot/service';
import { z } from 'zod';

/** What the set-up job reads from the environment. */
export const setupConfigSchema = z.object({
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .describe('PostgreSQL, as postgres://user:password@host:5432/semibot.'),
  NATS_URL: z.string().min(1).describe('The bus, as nats://host:4222; several separated by commas.'),
  NATS_NKEY_SEED: secret().describe("The nkey seed of the bus's user `setup`."),
  NATS_REPLICAS: z.coerce
    .number()
    .int()
    .min(1)
    .max(5)
    .default(1)
    .describe('Copies of each stream: 1, or 3 on a cluster.'),
  LOG_LEVEL: logLevelSchema,
});
