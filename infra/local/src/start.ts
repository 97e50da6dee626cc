import { type LocalConfig, readLocalConfig } from './config.ts';
import { SUPERVISOR_TITLE } from './parts/claim.ts';
import { parseStartOptions, type StartOptions, USAGE } from './start-options.ts';
import { createSystem } from './system.ts';
import { describeSystem } from './terminal.ts';

process.title = SUPERVISOR_TITLE;
// Whoever read what we print may go, as a terminal that is closed; the parts stay.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

async function main(): Promise<void> {
  const config = readLocalConfig();
  const options = parseStartOptions(process.argv.slice(2), config);
  if (options.help) process.stdout.write(USAGE);
  else await run(options, config);
}

async function run(options: StartOptions, config: LocalConfig): Promise<void> {
  const { quiet } = options;
  const say = (line: string): void => {
    if (!quiet) process.stdout.write(`${line}\n`);
  };
  const system = createSystem({ ...options, config, onProgress: (line) => say(`· ${line}`), onEvent: say });

  let stopped: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopped ??= system.stop();
    return stopped;
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (!stopped) say('\n· Stopping');
      void stop().then(() => process.exit(0), fail);
    });
  // An error of our own must not leave the parts behind.
  process.on('uncaughtException', (error) => void stop().then(() => fail(error), fail));

  try {
    const info = await system.start();
    process.stdout.write(quiet ? `ready ${info.url}\n` : describeSystem(info, options.host));
  } catch (error) {
    // A stop while it was starting has its own way out.
    if (stopped) return;
    await stop();
    throw error;
  }
}

function fail(error: unknown): never {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

await main().catch(fail);
