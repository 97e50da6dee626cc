import { describe, expect, it } from 'vitest';
import { localConfigSchema } from './config.ts';
import { parseStartOptions } from './start-options.ts';

const config = localConfigSchema.parse({ PORT: '4000', SEMIBOT_DATA_DIR: '/data', HOST: '::1' });

describe('the command line of npm start', () => {
  it('goes before the environment', () => {
    expect(parseStartOptions(['--port', '5000', '--data=/other', '--quiet'], config)).toEqual({
      port: 5_000,
      data: '/other',
      host: '::1',
      quiet: true,
      help: false,
    });
    expect(parseStartOptions([], config)).toMatchObject({ port: 4_000, data: '/data', quiet: false });
  });

  it.each(['abc', '-1', '65536', '80.5'])('refuses the port %s', (port) => {
    expect(() => parseStartOptions([`--port=${port}`], config)).toThrow(/0 to 65535/);
  });

  it('refuses what it does not know', () => {
    expect(() => parseStartOptions(['--prot', '1'], config)).toThrow(/--prot/);
  });
});
