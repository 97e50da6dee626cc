import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNatsServer, startLocal } from '@semibot/local';
import { writeSection } from '../results.ts';
import { dockerHost, type Host, processHost } from './hosts.ts';
import { measureRuntimes } from './measure.ts';
import { type HostResult, renderReport } from './report.ts';

/** Long enough that no runtime sleeps between two runs of the warm ones. */
const IDLE_FREEZE_MS = 10_000;

const SYSTEM_ENVIRONMENT = {
  VM_IDLE_FREEZE_MS: `${IDLE_FREEZE_MS}`,
  // Everybody registers from one address.
  RATE_LIMIT_LOGIN_PER_MINUTE: '0',
};

export interface RuntimeSuiteOptions {
  quick: boolean;
  /** How often the runtimes are put to sleep and woken. */
  rounds: number | undefined;
}

/** Measures runtimes as processes, and as containers where an engine answers, prints the tables and writes them down. */
export async function runRuntimeSuite({ quick, rounds }: RuntimeSuiteOptions): Promise<void> {
  const people = quick ? 2 : 8;
  const thaws = rounds ?? (quick ? 1 : 3);
  const before = loadavg()[0] ?? 0;
  const results: HostResult[] = [];
  for (const host of [processHost(), await dockerHost()])
    if (host) results.push(await measureOn(host, { people, thaws }));
  const version = execFileSync(await findNatsServer(), ['--version'], { encoding: 'utf8' });
  const report = renderReport(results, {
    natsVersion: version.trim().split(' v')[1] ?? '',
    people,
    loads: [before, loadavg()[0] ?? 0],
  });
  process.stdout.write(report);
  if (!quick) await writeSection('runtime', report);
}

/** On a system of its own. */
async function measureOn(host: Host, counts: { people: number; thaws: number }): Promise<HostResult> {
  const data = await mkdtemp(join(tmpdir(), 'semibot-bench-'));
  try {
    await using system = await startLocal({ data, env: { ...SYSTEM_ENVIRONMENT, ...host.env } });
    host.open(system);
    return { driver: host.driver, ...(await measureRuntimes(system, host, counts)) };
  } finally {
    await host.close();
    await rm(data, { recursive: true, force: true });
  }
}
