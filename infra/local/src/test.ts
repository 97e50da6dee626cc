import { spawn } from 'node:child_process';
import { buildPage } from './build-page.ts';
import { CHROMIUM_ADVICE, findChromium } from './chromium.ts';
import { readLocalConfig } from './config.ts';
import { findNatsServer } from './nats/nats-server.ts';
import { findPostgres } from './postgres/postgres-binaries.ts';
import { inRepository, REPOSITORY } from './repository.ts';

const vitest = (project: string): [string, ...string[]] => ['vitest', 'run', '--project', project];

/** What `npm test` checks, in this order. */
const STEPS: Record<string, { title: string; command: [string, ...string[]] }> = {
  lint: { title: 'Lint and format', command: ['biome', 'check', '.'] },
  types: {
    title: 'Types',
    command: ['turbo', 'run', 'typecheck', '--output-logs=errors-only', '--ui=stream'],
  },
  docs: { title: 'Generated documents', command: ['node', 'docs/generate.ts', '--check'] },
  unit: { title: 'Unit tests', command: vitest('unit') },
  int: { title: 'Tests with real servers', command: vitest('int') },
  e2e: { title: 'Tests of the whole system', command: vitest('e2e') },
};

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const chosen = process.argv.slice(2);
  const unknown = chosen.find((name) => !(name in STEPS));
  if (unknown) {
    say(`There is no step ${unknown}. npm test -- [${Object.keys(STEPS).join(' ')}]`);
    return 1;
  }
  const config = readLocalConfig();
  const natsServer = await findNatsServer({ onProgress: (line) => say(`· ${line}`), config });
  await findPostgres();
  say('· Building the page');
  await buildPage();
  const chromium = await findChromium(config);
  if (!chromium) say(`· ${CHROMIUM_ADVICE}`);
  const env = {
    ...process.env,
    NATS_SERVER_BIN: natsServer,
    TURBO_TELEMETRY_DISABLED: '1',
    ...(chromium && { CHROMIUM_BIN: chromium }),
  };

  const names = Object.keys(STEPS).filter((name) => chosen.length === 0 || chosen.includes(name));
  const results: string[] = [];
  let failed = false;
  for (const name of names) {
    const step = STEPS[name];
    if (!step) continue;
    say(`\n── ${step.title} (${step.command.join(' ')})`);
    const startedAt = Date.now();
    failed = (await run(step.command, env)) !== 0;
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    results.push(`  ${failed ? 'failed' : 'passed'}  ${step.title} (${seconds} s)`);
    if (failed) break;
  }
  const left = names.length - results.length;
  say(`\n── Summary\n${results.join('\n')}${left > 0 ? `\n  not run  ${left} more` : ''}`);
  if (!chromium) say('  The browser tests were skipped: there is no Chromium.');
  return failed ? 1 : 0;
}

/** Runs a program of node_modules/.bin in this terminal; resolves with its exit code. */
function run([program, ...args]: [string, ...string[]], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const file = inRepository('node_modules', '.bin', program);
    const child = spawn(file, args, { cwd: REPOSITORY, env, stdio: 'inherit' });
    // Ctrl-C reaches the program by the terminal; it ends by itself, and then we do.
    const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
    process.on('SIGTERM', passOn);
    process.on('SIGINT', passOn);
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('SIGTERM', passOn);
      process.off('SIGINT', passOn);
      resolve(code ?? 1);
    });
  });
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});
