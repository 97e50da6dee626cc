import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { LocalConfig } from './config.ts';

export const USAGE = `npm start -- [options]

  --port <port>   the page's port (default 3000, or PORT); 0 takes a free one
  --data <folder> where everything is kept (default .semibot, or SEMIBOT_DATA_DIR)
  --host <host>   the address the page is served on (default 127.0.0.1, or HOST)
  --quiet         print nothing but \`ready <url>\`
  --help          this text
`;

export interface StartOptions {
  port: number;
  data: string;
  host: string;
  quiet: boolean;
  help: boolean;
}

const portSchema = z.coerce.number().int().min(0).max(65_535);

/** The command line, with the environment's values where it says nothing; throws a text for people. */
export function parseStartOptions(args: string[], config: LocalConfig): StartOptions {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string' },
      data: { type: 'string' },
      host: { type: 'string' },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const port = portSchema.safeParse(values.port ?? config.PORT);
  if (!port.success) throw new Error(`--port must be a number from 0 to 65535, not ${values.port}`);
  return {
    port: port.data,
    data: values.data || config.SEMIBOT_DATA_DIR,
    host: values.host || config.HOST,
    quiet: values.quiet,
    help: values.help,
  };
}
