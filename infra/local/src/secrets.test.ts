import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSecrets } from './secrets.ts';

describe('the secrets of a data folder', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'semibot-secrets-'));
    file = join(folder, 'secrets.json');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const kept = async (): Promise<unknown> => JSON.parse(await readFile(file, 'utf8'));

  it('are made once', async () => {
    const secrets = await loadSecrets(folder);
    expect(Buffer.from(secrets.secretKey, 'base64')).toHaveLength(32);
    expect(await loadSecrets(folder)).toEqual(secrets);
    expect(await kept()).toEqual(secrets);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('of an older version stay as they are, and get the keys that it did not know', async () => {
    const { secretKey, ...known } = await loadSecrets(folder);
    const { vmOperator, ...nats } = known.nats;
    const older = { ...known, nats };
    await writeFile(file, JSON.stringify(older), { mode: 0o600 });
    const upgraded = await loadSecrets(folder);
    expect(upgraded).toEqual({
      ...older,
      secretKey: expect.any(String),
      nats: { ...nats, vmOperator: { publicKey: expect.any(String), seed: expect.any(String) } },
    });
    expect(upgraded.nats.vmOperator).not.toEqual(vmOperator);
    expect(upgraded.secretKey).not.toBe(secretKey);
    expect(await loadSecrets(folder)).toEqual(upgraded);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('are refused where one of them is not what it should be', async () => {
    const secrets = await loadSecrets(folder);
    await writeFile(file, JSON.stringify({ ...secrets, secretKey: 'short' }));
    await expect(loadSecrets(folder)).rejects.toThrow(/secretKey/);
  });
});
