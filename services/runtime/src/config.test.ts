import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '@semibot/protocol';
import { ConfigError } from '@semibot/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takeConfig } from './config.ts';

describe("the runtime's configuration", () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'semibot-runtime-config-'));
  });
  afterAll(() => rm(dir, { recursive: true }));

  const given = () => ({
    VM_USER_ID: newId(),
    VM_ORG_ID: newId(),
    VM_INSTANCE_ID: newId(),
    NATS_URL: 'nats://127.0.0.1:4222',
    SEMIBOT_DATA_DIR: '/data',
  });
  const fileOf = async (text: string): Promise<string> => {
    const file = join(dir, `${newId()}.json`);
    await writeFile(file, text);
    return file;
  };

  it('takes the secrets out of the environment', () => {
    const env = { ...given(), VM_TOKEN: 'a token', VM_TICKET: 'a ticket' };
    expect(takeConfig(env)).toMatchObject({ VM_TOKEN: 'a token', VM_TICKET: 'a ticket' });
    expect(Object.keys(env)).not.toContain('VM_TOKEN');
    expect(Object.keys(env)).not.toContain('VM_TICKET');
  });

  it('takes them from a file that is named', async () => {
    const file = await fileOf('{ "VM_TOKEN": "a token", "VM_TICKET": "a ticket" }');
    expect(takeConfig({ ...given(), VM_SECRETS_FILE: file })).toMatchObject({
      VM_TOKEN: 'a token',
      VM_TICKET: 'a ticket',
    });
  });

  it.each([
    ['is not JSON', 'secret words'],
    ['lacks one', '{ "VM_TOKEN": "secret words" }'],
  ])('refuses a file that %s, without telling what is in it', async (_what, text) => {
    const file = await fileOf(text);
    const take = () => takeConfig({ ...given(), VM_SECRETS_FILE: file });
    expect(take).toThrow(ConfigError);
    expect(take).toThrow(`VM_SECRETS_FILE is not usable: ${file} must be`);
    expect(take).not.toThrow('secret words');
  });
});
