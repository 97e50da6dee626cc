import { homedir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, logLevelSchema } from '@semibot/service';
import { z } from 'zod';

const text = z.string().min(1);

/** What `npm start` and `npm test` read from the environment; everything has a default. */
export const localConfigSchema = z.object({
  PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(3_000)
    .describe("The page's port; 0 takes a free one."),
  HOST: text.default('127.0.0.1').describe('The address that the page is served on.'),
  SEMIBOT_DATA_DIR: text.default('.semibot').describe('The data folder.'),
  LOG_LEVEL: logLevelSchema,
  NATS_SERVER_BIN: text.optional().describe('A nats-server binary (2.12 or newer) to use before any other.'),
  XDG_CACHE_HOME: text
    .optional()
    .describe('Where downloaded programs are kept, in a folder `semibot`; `~/.cache` where it is not set.'),
  CHROMIUM_BIN: text.optional().describe("The browser that the page's tests drive."),
  PATH: z.string().default('').describe('Searched for nats-server and for the browser.'),
});
export type LocalConfig = z.output<typeof localConfigSchema>;

/** The environment, read; throws ConfigError. */
export const readLocalConfig = (): LocalConfig => loadConfig(localConfigSchema);

/** Where downloaded programs are kept. */
export const cacheFolder = (config: Pick<LocalConfig, 'XDG_CACHE_HOME'>): string =>
  join(config.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'semibot');

/** What every process of ours may see of the environment. */
const SHARED =
  /^(PATH|HOME|USER|LANG|LC_.*|TZ|TMPDIR|LOG_LEVEL|NODE_EXTRA_CA_CERTS|NODE_USE_ENV_PROXY|SSL_CERT_.*|OTEL_.*)$|^(https?|no|all)_proxy$/i;

/** The shared variables, and those whose name begins with one of the prefixes; the others are nobody's business. */
export function passedEnvironment(prefixes: readonly string[] = [], env = process.env): NodeJS.ProcessEnv {
  const passes = (name: string): boolean =>
    SHARED.test(name) || prefixes.some((prefix) => name.startsWith(prefix));
  return Object.fromEntries(Object.entries(env).filter(([name]) => passes(name)));
}
