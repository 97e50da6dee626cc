import { execFile } from 'node:child_process';

export interface CommandOptions {
  cwd?: string;
  uid?: number;
  gid?: number;
  /** What the program reads from its standard input. */
  input?: string;
  env?: NodeJS.ProcessEnv;
  timeoutMs?: number;
}

/** A program that was run to its end and did not succeed; the message has what it said. */
export class CommandError extends Error {
  override name = 'CommandError';
  /** All that it printed. */
  readonly output: string;

  constructor(message: string, output: string, cause: unknown) {
    super(message, { cause });
    this.output = output;
  }
}

/** Runs a program to its end and returns what it printed; throws CommandError with its last words. */
export function runCommand(
  command: string,
  args: string[],
  { input = '', timeoutMs = 120_000, ...options }: CommandOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const limits = { timeout: timeoutMs, maxBuffer: 16 * 1024 ** 2 };
    const child = execFile(command, args, { ...options, ...limits }, (cause, stdout, stderr) => {
      if (!cause) return resolve(stdout);
      const said = stderr.trim().split('\n').slice(-3).join('\n') || cause.message;
      reject(new CommandError(`${command} ${args[0] ?? ''}: ${said}`, `${stdout}${stderr}`, cause));
    });
    // A program that does not read its input is no error of its own.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}
