import { z } from 'zod';

/** One variable of the environment that a service cannot work with. */
export interface ConfigProblem {
  variable: string;
  /** What it should be, for people. Never holds the variable's value. */
  problem: string;
}

/** The environment is not as a service needs it. Its message lists every bad variable with what it should be. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ variable, problem }) => `  ${variable} ${problem}`);
    super(['The configuration is not complete:', ...lines].join('\n'));
    this.problems = problems;
  }
}

/** A secret of at least 32 characters. It never has a default: without it the service does not start. */
export const secret = (): z.ZodString => z.string().min(32, 'must be a secret of at least 32 characters');

/** `LOG_LEVEL`, the same for every service. */
export const logLevelSchema = z
  .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
  .default('info')
  .describe('The least level that is logged.');

/**
 * A service's configuration from its environment, checked by its schema. An empty variable counts as missing, because
 * that is what `NAME=${NAME:-}` in a compose file makes of one. Throws ConfigError.
 */
export function loadConfig<T extends z.ZodObject>(
  schema: T,
  env: NodeJS.ProcessEnv = process.env,
): z.output<T> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new ConfigError(
    result.error.issues.map(({ path, message }) => {
      const variable = String(path[0]);
      const meaning = schema.shape[variable]?.description;
      const problem = given[variable] === undefined ? 'is missing' : `is not usable: ${message}`;
      return { variable, problem: meaning ? `${problem} (${meaning})` : problem };
    }),
  );
}
