import { passedEnvironment } from './config.ts';
import { inRepository, REPOSITORY } from './repository.ts';
import { CommandError, runCommand } from './run-command.ts';

const BUILD_TIMEOUT_MS = 300_000;

/** Builds the page; turbo knows when nothing has changed since the last time. Throws with what the build printed. */
export async function buildPage(): Promise<void> {
  const turbo = inRepository('node_modules', '.bin', 'turbo');
  const args = ['run', 'build', '--output-logs=errors-only', '--ui=stream'];
  const env = { ...passedEnvironment(['TURBO_', 'XDG_', 'CI']), TURBO_TELEMETRY_DISABLED: '1' };
  const options = { cwd: REPOSITORY, env, timeoutMs: BUILD_TIMEOUT_MS };
  await runCommand(turbo, args, options).catch((cause: unknown) => {
    throw new Error(`The page could not be built:\n${cause instanceof CommandError ? cause.output : cause}`, {
      cause,
    });
  });
}
