import { randomBytes } from 'node:crypto';
import { ConfigError, loadConfig } from '@semibot/service';
import { describe, expect, it } from 'vitest';
import { configSchema } from './config.ts';

const env = {
  NATS_URL: 'nats://127.0.0.1:4222',
  NATS_NKEY_SEED: 'seed',
  DATABASE_URL: 'postgres://127.0.0.1/semibot',
  JWT_SECRET: 'x'.repeat(32),
  SEMIBOT_SECRET_KEY: randomBytes(32).toString('base64'),
};

function problemOf(changes: NodeJS.ProcessEnv): string {
  try {
    loadConfig(configSchema, { ...env, ...changes });
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
  }
  return 'none';
}

describe("chat's configuration", () => {
  it('is complete with what it needs', () => {
    expect(loadConfig(configSchema, env)).toMatchObject({ OPENAI_BASE_URL: 'https://api.openai.com/v1' });
  });

  it.each([undefined, ''])('asks for a secret key by name where it is %j', (value) => {
    expect(problemOf({ SEMIBOT_SECRET_KEY: value })).toMatch(/SEMIBOT_SECRET_KEY is missing \(Encrypts/);
  });

  it.each(['SEMIBOT_SECRET_KEY', 'SEMIBOT_SECRET_KEY_PREVIOUS'])(
    'says what %s should be, and not what it is',
    (name) => {
      const problem = problemOf({ [name]: 'hunter2' });
      expect(problem).toContain(`${name} is not usable: must be 32 random bytes in base64 or hex`);
      expect(problem).not.toContain('hunter2');
    },
  );

  it('refuses an address of a provider with credentials in it', () => {
    const problem = problemOf({ OPENAI_BASE_URL: 'https://me:hunter2@api.example/v1' });
    expect(problem).toContain('OPENAI_BASE_URL is not usable: must have no user, password');
    expect(problem).not.toContain('hunter2');
  });
});
