import { parseArgs } from 'node:util';
import { vmInstanceSchema } from '@semibot/protocol';

export const USAGE = `Looks after users' runtimes.

  npm run vm -- list                    every runtime that is not over
  npm run vm -- list --all              those that are over too
  npm run vm -- list --status <status>  those in one state
  npm run vm -- status <user>           one runtime: its state, why, and when to look again
  npm run vm -- stop <user>             end it; the user's next message begins a new one
  npm run vm -- rebootstrap <user>      start it anew, past cooldown and attempt cap

<user> is a user's id, an instance's id, or the beginning of either. Where there is one runtime it may be left out.

  --data <folder>   the data folder of npm start (default .semibot, or SEMIBOT_DATA_DIR)
  --json            print JSON
  --help            this text
`;

const COMMANDS = ['list', 'status', 'stop', 'rebootstrap'] as const;
export type Command = (typeof COMMANDS)[number];

export interface VmOptions {
  command: Command;
  /** The beginning of a user's or an instance's id. */
  whom: string | undefined;
  status: string | undefined;
  all: boolean;
  data: string | undefined;
  json: boolean;
}

/** The command line; null where help is asked for. Throws a text for people. */
export function parseVmOptions(args: string[]): VmOptions | null {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      status: { type: 'string' },
      all: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const [name, whom, ...more] = positionals;
  const command = COMMANDS.find((known) => known === name);
  if (!command) throw new Error(name ? `There is no command ${name}.` : 'Say what to do.');
  if (more.length > 0 || (command === 'list' && whom))
    throw new Error(`Too much is said: ${positionals.join(' ')}`);
  const status = vmInstanceSchema.shape.status.optional().safeParse(values.status);
  if (!status.success)
    throw new Error(`--status must be one of ${vmInstanceSchema.shape.status.options.join(', ')}.`);
  return { command, whom, status: values.status, all: values.all, data: values.data, json: values.json };
}
