import { parseArgs } from 'node:util';
import { runRelaySuite, type SuiteOptions } from './relay/suite.ts';
import { runRuntimeSuite } from './runtime/suite.ts';

const SUITES: Record<string, { run: (options: SuiteOptions) => Promise<void>; what: string }> = {
  relay: {
    run: runRelaySuite,
    what: 'tokens from a runtime to browsers, beside a relay that keeps nothing',
  },
  runtime: {
    run: runRuntimeSuite,
    what: "a runtime's start, sleep and memory",
  },
};

const HELP = `Usage: npm run bench -- <suite> [options]

Suites:
${Object.entries(SUITES)
  .map(([name, { what }]) => `  ${name.padEnd(16)} ${what}`)
  .join('\n')}

Options:
  --quick          once and briefly: to see that it works, not to quote
  --rounds N       how often each workload is run on each side
  --only TITLE     only the workloads whose title begins so, as "A. 100"
  --profile DIR    CPU profiles of the relays into this folder

Results are printed; those of a whole run are written to bench/RESULTS.md.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string' },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const suite = SUITES[positionals[0] ?? ''];
if (values.help || !suite) {
  (values.help ? process.stdout : process.stderr).write(HELP);
  process.exit(values.help ? 0 : 1);
}
await suite.run({
  quick: values.quick,
  rounds: values.rounds === undefined ? undefined : Number(values.rounds),
  only: values.only,
  profileDir: values.profile,
});
