import { passedEnvironment } from './config.ts';
import type { DataFolder } from './data-folder.ts';
import { logTail, startPartProcess } from './parts/part-process.ts';
import { inRepository, NODE } from './repository.ts';
import type { Secrets } from './secrets.ts';

/** Runs the set-up job to its end: tables and streams. Throws with the end of its log when it fails; ends with the signal. */
export async function runSetUpJob(
  data: DataFolder,
  secrets: Secrets,
  { natsUrl, databaseUrl, signal }: { natsUrl: string; databaseUrl: string; signal: AbortSignal },
): Promise<void> {
  const logFile = data.logFile('setup');
  const process = await startPartProcess({
    command: NODE,
    args: [inRepository('infra', 'setup', 'src', 'main.ts')],
    env: {
      ...passedEnvironment(),
      NATS_URL: natsUrl,
      NATS_NKEY_SEED: secrets.nats.setup.seed,
      DATABASE_URL: databaseUrl,
    },
    logFile,
  });
  const cancel = (): void => process.signal('SIGKILL');
  signal.addEventListener('abort', cancel);
  const { code } = await process.exited;
  signal.removeEventListener('abort', cancel);
  signal.throwIfAborted();
  if (code !== 0) throw new Error(`The set-up job failed:\n${await logTail(logFile)}`);
}
