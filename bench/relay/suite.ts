import { execFileSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { findNatsServer } from '@semibot/local';
import { writeSection } from '../results.ts';
import { type Measured, renderReport } from './report.ts';
import { type SideName, startSide } from './sides.ts';
import { idle } from './workloads/idle.ts';
import { killed } from './workloads/killed.ts';
import { steady } from './workloads/steady.ts';
import { stored } from './workloads/stored.ts';
import type { Workload } from './workloads/workload.ts';

const SIDES: SideName[] = ['baseline', 'semibot'];

const workloads = (quick: boolean): Workload[] => {
  const seconds = quick ? 3 : 10;
  const warmUp = quick ? 1 : 4;
  return [
    ...[1, 100, 500].map((sessions) => steady({ sessions, seconds }, warmUp)),
    idle(quick ? 500 : 3_000, quick ? 1_000 : 3_000),
    stored(quick ? 3 : 9),
    killed(20, quick ? 4 : 9),
  ];
};

export interface SuiteOptions {
  quick: boolean;
  /** How often each workload is run on each side. */
  rounds: number | undefined;
  /** Only the workloads whose title begins so; nothing is written down then. */
  only: string | undefined;
  /** A folder for CPU profiles of the relays. */
  profileDir: string | undefined;
}

/** Runs every workload on both sides in turn, prints the tables and writes them down. */
export async function runRelaySuite(options: SuiteOptions): Promise<void> {
  const { quick, only = '', rounds = quick ? 1 : 5 } = options;
  const chosen = workloads(quick).filter(({ title }) => title.startsWith(only));
  const measured: Measured[] = chosen.map(({ title }) => ({ title, runs: { baseline: [], semibot: [] } }));
  for (let round = 1; round <= rounds; round += 1)
    for (const [at, workload] of chosen.entries())
      for (const name of SIDES) {
        await using side = await startSide(name, options.profileDir);
        const figures = await workload.run(side);
        measured[at]?.runs[name].push(figures);
        const load = loadavg()[0]?.toFixed(1);
        process.stderr.write(`round ${round}, load ${load}: ${workload.title}: ${name}: ${brief(figures)}\n`);
      }
  const natsVersion = execFileSync(await findNatsServer(), ['--version'], { encoding: 'utf8' });
  const report = renderReport(measured, { rounds, natsVersion: natsVersion.trim().split(' v')[1] ?? '' });
  process.stdout.write(report);
  if (only === '' && !quick) await writeSection('relay', report);
}

const brief = (figures: Record<string, number>): string =>
  Object.entries(figures)
    .map(([name, value]) => `${name} ${value.toFixed(2)}`)
    .join(', ');
