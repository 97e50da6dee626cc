import { limits } from '@semibot/protocol';
import { logLevelSchema, secret } from '@semibot/service';
import { z } from 'zod';

/** A limit that can be set, and switched off with 0. */
const limit = (standard: number, meaning: string) =>
  z.coerce.number().int().min(0).default(standard).describe(`${meaning}; 0 switches it off.`);

/** What the relay takes from its environment. */
export const configSchema = z.object({
  PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(3000)
    .describe('The public port, for the page, the API and /live and /ready; 0 takes a free one.'),
  HOST: z.string().min(1).default('127.0.0.1').describe('The address to listen on.'),
  NATS_URL: z.string().min(1).describe('Address of the NATS server, several separated by commas.'),
  NATS_NKEY_SEED: z.string().min(1).describe("The relay's own nkey seed on the bus."),
  JWT_SECRET: secret().describe('Signs the tokens of people; the same for chat and relay.'),
  LOG_LEVEL: logLevelSchema,
  SEMIBOT_LOCAL: z
    .enum(['0', '1'])
    .default('0')
    .describe('1 only under npm start: the local owner signs in without a password.'),
  PAGE_DIR: z
    .string()
    .optional()
    .describe('The folder of the built page; `services/relay/page/dist` where missing.'),
  TRUST_PROXY: z
    .string()
    .optional()
    .describe(
      'Addresses of the proxies before the relay, separated by commas (`loopback`, `10.0.0.0/8`): ' +
        'what they say of the caller in X-Forwarded headers is taken for true. Off where missing.',
    ),
  RATE_LIMIT_USER_PER_MINUTE: limit(limits.RATE_LIMIT_USER_PER_MINUTE, 'Requests a minute a user'),
  RATE_LIMIT_ORGANIZATION_PER_MINUTE: limit(
    limits.RATE_LIMIT_ORGANIZATION_PER_MINUTE,
    'Requests a minute an organization',
  ),
  RATE_LIMIT_LOGIN_PER_MINUTE: limit(
    limits.RATE_LIMIT_LOGIN_PER_MINUTE,
    'Sign-ins and registrations a minute an address',
  ),
  SSE_STREAMS_PER_SESSION: limit(limits.SSE_STREAMS_PER_SESSION, 'Open streams a user a session'),
  SSE_STREAMS_PER_USER: limit(limits.SSE_STREAMS_PER_USER, 'Open streams a user'),
});
export type Config = z.infer<typeof configSchema>;
