import { expect, it } from 'vitest';
import { passedEnvironment } from './config.ts';

it('passes on what everyone may see and what is meant for the part, and nothing else', () => {
  const env = {
    PATH: '/bin',
    LC_ALL: 'C',
    https_proxy: 'http://proxy',
    LOG_LEVEL: 'debug',
    OPENAI_API_KEY: 'key',
    VM_DRIVER: 'process',
    AWS_SECRET_ACCESS_KEY: 'secret',
    MY_PATH: 'mine',
  };
  expect(Object.keys(passedEnvironment([], env))).toEqual(['PATH', 'LC_ALL', 'https_proxy', 'LOG_LEVEL']);
  expect(passedEnvironment(['OPENAI_'], env)).toMatchObject({ OPENAI_API_KEY: 'key' });
  expect(passedEnvironment(['OPENAI_'], env)).not.toHaveProperty('VM_DRIVER');
});
