import { loadConfig } from '@semibot/service';
import { describe, expect, it } from 'vitest';
import { configSchema, inheritedEnvironment } from './config.ts';

describe('the environment that runtimes inherit', () => {
  it('has nothing in it that is not on the list', () => {
    const env = {
      PATH: '/bin',
      JWT_SECRET: 's',
      DATABASE_URL: 'd',
      NATS_NKEY_SEED: 'n',
      OPENAI_API_KEY: 'k',
    };
    expect(inheritedEnvironment(env)).toEqual({ PATH: '/bin' });
  });
});

describe('the configuration', () => {
  const seed = (kind: string): string => `S${kind}${'A'.repeat(56)}`;
  const needed = {
    NATS_URL: 'nats://127.0.0.1:4222',
    NATS_NKEY_SEED: seed('U'),
    NATS_AUTH_NKEY_SEED: seed('U'),
    NATS_SYS_NKEY_SEED: seed('U'),
    NATS_CALLOUT_ISSUER_SEED: seed('A'),
    DATABASE_URL: 'postgres://127.0.0.1/semibot',
    JWT_SECRET: 'x'.repeat(32),
  };

  it('has the defaults that people rely on', () => {
    expect(loadConfig(configSchema, needed)).toMatchObject({
      VM_DRIVER: 'process',
      VM_BOOTSTRAP_COOLDOWN_MS: 30_000,
      VM_PROVISIONING_RETRY_COOLDOWN_MS: 5_000,
      VM_BOOTSTRAP_MAX_ATTEMPTS: 5,
    });
  });

  it.each([
    ['JWT_SECRET', ''],
    ['JWT_SECRET', 'short'],
    ['NATS_CALLOUT_ISSUER_SEED', seed('U')],
    ['VM_BOOTSTRAP_COOLDOWN_MS', '999'],
    ['VM_DRIVER', 'magic'],
  ])('is refused, by name and without its value, where %s is %j', (name, value) => {
    const load = () => loadConfig(configSchema, { ...needed, [name]: value });
    expect(load).toThrow(name);
    if (value) expect(load).not.toThrow(value);
  });
});
