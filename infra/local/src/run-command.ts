import { execFile } from 'node:child_process';

interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  timeoutMs?: number;
}

/** A program that was run to its end and did not succeed; the message has what it said. */
export class CommandError extends Error {
  override name = 'CommandError';
}

/** Runs a program to its end and returns what it printed; throws CommandError with its last words. */
export function runCommand(
  command: string,
  args: string[],
  { cwd, env, timeoutMs = 120_000 }: CommandOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      ...(cwd && { cwd }),
      ...(env && { env }),
      timeout: timeoutMs,
      maxBuffer: 16 * 1024 ** 2,
    };
    execFile(command, args, options, (cause, stdout, stderr) => {
      if (!cause) return resolve(stdout);
      const said = `${stderr}`.trim().split('\n').slice(-3).join('\n') || cause.message;
      reject(new CommandError(`${command} ${args[0] ?? ''}: ${said}`, { cause }));
    });
  });
}
