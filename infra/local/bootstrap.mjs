// `npm start` and `npm test` begin here, with whatever Node the machine has and before anything is installed: this
// file needs no package and no Node newer than 20. It brings the packages (Node 24 is one of them) and hands over.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_OLDEST = 20;
const PROGRESS_INTERVAL_MS = 1_000;
/** Which package-lock.json was installed from, by its sum. */
const STAMP = 'node_modules/.semibot-installed';
const root = fileURLToPath(new URL('../../', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const entryPoints = { start: 'start.ts', test: 'test.ts' };

const [command, ...args] = process.argv.slice(2);
const quiet = args.includes('--quiet');
const entryPoint = entryPoints[command];
if (!entryPoint) fail('Say npm start or npm test.');
if (Number(process.versions.node.split('.')[0]) < NODE_OLDEST)
  fail(`Node ${NODE_OLDEST} or newer is needed to begin with; this is ${process.versions.node}.`);

if (!packagesAreInstalled()) await installPackages();
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
const file = join(root, 'infra', 'local', 'src', entryPoint);
const exitCode = await run(join(bin, 'node'), [file, ...args], { env, stdio: 'inherit' }).catch((error) =>
  fail(`Node 24 (npm package "node") cannot be run: ${error.message}
If npm's install scripts are switched off (ignore-scripts), allow them and run: npm ci`),
);
process.exit(exitCode);

/**
 * Is everything there that package-lock.json asks for? Yes when we installed from this very file; else when npm's own
 * list of what it installed has every package in its version.
 */
function packagesAreInstalled() {
  const lock = read('package-lock.json');
  const list = read('node_modules/.package-lock.json');
  if (!lock || !list) return false;
  if (read(STAMP) === sumOf(lock)) return true;
  const installed = JSON.parse(list).packages;
  return Object.entries(JSON.parse(lock).packages).every(([path, wanted]) => {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true;
    return installed[path] ? installed[path].version === wanted.version : wanted.optional === true;
  });
}

function read(path) {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return null;
  }
}

function sumOf(text) {
  return createHash('sha256').update(text).digest('hex');
}

async function installPackages() {
  const startedAt = Date.now();
  const seconds = () => Math.round((Date.now() - startedAt) / 1000);
  const terminal = process.stdout.isTTY && !quiet;
  if (!quiet) process.stdout.write(`· Installing packages (npm ci)${terminal ? '' : '\n'}`);
  const timer = setInterval(() => {
    if (terminal) process.stdout.write(`\r· Installing packages (npm ci), ${seconds()} s`);
  }, PROGRESS_INTERVAL_MS);
  const npm = process.env.npm_execpath;
  const npmArgs = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const output = [];
  const code = await run(npm ? process.execPath : 'npm', npm ? [npm, ...npmArgs] : npmArgs, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    output,
  }).catch((error) => fail(`npm cannot be run: ${error.message}`));
  clearInterval(timer);
  if (terminal) process.stdout.write('\n');
  if (code !== 0) fail(`npm ci failed:\n${Buffer.concat(output).toString('utf8')}`);
  writeFileSync(join(root, STAMP), sumOf(read('package-lock.json')));
  if (!quiet) process.stdout.write(`· Packages are installed (${seconds()} s)\n`);
}

/** Runs a program to its end, passing signals on to it; resolves with its exit code. */
function run(program, programArgs, { output, ...options }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, programArgs, options);
    const passOn = (signal) => child.kill(signal);
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, passOn);
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => output.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      for (const signal of signals) process.off(signal, passOn);
      resolve(code ?? 1);
    });
  });
}

function fail(text) {
  process.stderr.write(`\n${text}\n`);
  process.exit(1);
}
