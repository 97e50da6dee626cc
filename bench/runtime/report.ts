import { cpus, totalmem } from 'node:os';
import { median } from '../relay/statistics.ts';
import { MEASURES, type Measure, type Measured } from './measure.ts';
import { isRealTime } from './process-facts.ts';

/** What is aimed at. */
const AIMS: Partial<Record<Measure, number>> = { coldFromSpawn: 600, thaw: 100, rss: 90 };
const HOST_MIB = 4 * 1_024;

export interface ReportContext {
  natsVersion: string;
  people: number;
  /** Of the last minute, before the first and after the last measurement. */
  loads: [number, number];
}

/** What was measured with one driver. */
export interface HostResult {
  driver: 'process' | 'docker';
  measured: Measured;
  /** The very first runtime of the data folder. */
  first: { coldFromSpawn: number };
}

function table({ driver, measured, first }: HostResult): string {
  const names = Object.keys(MEASURES) as Measure[];
  const rows = names.map((name) => {
    const values = measured[name];
    const cells = [median(values), Math.min(...values), Math.max(...values)].map((value) => value.toFixed(0));
    const aim = driver === 'process' && AIMS[name] ? `< ${AIMS[name]}` : '';
    return `| ${MEASURES[name]} | ${cells.join(' | ')} | ${aim} | ${values.length} |`;
  });
  const held = Math.floor(HOST_MIB / median(measured.pss));
  const firstMs = first.coldFromSpawn.toFixed(0);
  return [
    `## VM_DRIVER=${driver}`,
    '',
    '| | median | least | most | aim | times |',
    '|---|---:|---:|---:|---:|---:|',
    ...rows,
    '',
    `4 GiB hold ${held} idle runtimes (by the median PSS${driver === 'docker' ? ', without what the engine keeps for each' : ''}).`,
    ...(driver === 'process'
      ? [
          `The first runtime of a new data folder finds nothing compiled and took ${firstMs} ms from its spawn to its first ` +
            'token; it leaves what it compiled to all that follow.',
        ]
      : []),
  ].join('\n');
}

/** The results as Markdown. */
export function renderReport(results: HostResult[], about: ReportContext): string {
  const processor = cpus()[0]?.model ?? 'unknown';
  const [before, after] = about.loads.map((load) => load.toFixed(1));
  return [
    '# Results of `npm run bench -- runtime`',
    '',
    "A runtime's start, sleep and memory, on the whole system as `npm start` runs it: a user without a runtime posts " +
      '`count to 1` and follows the session; then again while the runtime is up, and again when it sleeps. Memory is ' +
      `read from \`/proc/<pid>/smaps_rollup\` of ${about.people} runtimes that sleep at once, after a few runs each. ` +
      'Times from the spawn are true to 10 ms.',
    '',
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} x ${processor}, ${Math.round(totalmem() / 1_024 ** 3)} GB, ` +
      `Node ${process.version}, nats-server ${about.natsVersion}, ${process.platform} ${process.arch}, load average ` +
      `${before} before and ${after} after${isRealTime() ? '; at real-time priority, ahead of the other work of the machine, which containers are not' : ''}.`,
    '',
    results.map(table).join('\n\n'),
    '',
  ].join('\n');
}
