import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError, loadConfig, logLevelSchema, secret } from './config.ts';

const schema = z.object({
  JWT_SECRET: secret().describe('Signs the tokens.'),
  PORT: z.coerce.number().int().min(1).max(65_535).default(3000).describe('The public port.'),
  LOG_LEVEL: logLevelSchema,
});
const JWT_SECRET = 'x'.repeat(32);

const errorOf = (env: NodeJS.ProcessEnv): ConfigError => {
  try {
    loadConfig(schema, env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
};

describe('loading the configuration', () => {
  it('gives the checked values with their defaults and nothing else of the environment', () => {
    expect(loadConfig(schema, { JWT_SECRET, PORT: '8080', HOME: '/root' })).toEqual({
      JWT_SECRET,
      PORT: 8080,
      LOG_LEVEL: 'info',
    });
  });

  it('names a missing secret and what it is for, in production as anywhere', () => {
    expect(errorOf({ NODE_ENV: 'production' }).message).toBe(
      'The configuration is not complete:\n  JWT_SECRET is missing (Signs the tokens.)',
    );
  });

  it('lists every bad variable at once', () => {
    const { problems } = errorOf({ PORT: '70000', LOG_LEVEL: 'loud' });
    expect(problems.map((problem) => problem.variable)).toEqual(['JWT_SECRET', 'PORT', 'LOG_LEVEL']);
  });

  it('takes an empty variable for a missing one', () => {
    expect(errorOf({ JWT_SECRET: '' }).message).toContain('JWT_SECRET is missing');
    expect(loadConfig(schema, { JWT_SECRET, PORT: '' }).PORT).toBe(3000);
  });

  it('refuses a short secret without telling it', () => {
    const { message } = errorOf({ JWT_SECRET: 'hunter2' });
    expect(message).toContain('JWT_SECRET is not usable: must be a secret of at least 32 characters');
    expect(message).not.toContain('hunter2');
  });
});
