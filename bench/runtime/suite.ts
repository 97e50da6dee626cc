import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNatsServer, startLocal } from '@semibot/local';
import { writeSection } from '../results.ts';
import { measureRuntimes } from './measure.ts';
import { renderReport } from './report.ts';

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

/** Measures runtimes on a system of its own, prints the table and writes it down. */
export async function runRuntimeSuite({ quick, rounds }: RuntimeSuiteOptions): Promise<void> {
  const people = quick ? 2 : 8;
  const data = await mkdtemp(join(tmpdir(), 'semibot-bench-'));
  const before = loadavg()[0] ?? 0;
  try {
    await using system = await startLocal({ data, env: SYSTEM_ENVIRONMENT });
    const { first, measured } = await measureRuntimes(system, { people, thaws: rounds ?? (quick ? 1 : 3) });
    const version = execFileSync(await findNatsServer(), ['--version'], { encoding: 'utf8' });
    const report = renderReport(measured, {
      natsVersion: version.trim().split(' v')[1] ?? '',
      people,
      loads: [before, loadavg()[0] ?? 0],
      firstMs: first.coldFromSpawn,
    });
    process.stdout.write(report);
    if (!quick) await writeSection('runtime', report);
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}
