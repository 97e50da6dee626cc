import { cpus, totalmem } from 'node:os';
import type { SideName } from './sides.ts';
import { median } from './statistics.ts';
import type { Figures } from './workloads/workload.ts';

/** All runs of a workload, by side. */
export interface Measured {
  title: string;
  runs: Record<SideName, Figures[]>;
}

const format = (value: number | undefined): string => {
  if (value === undefined) return '';
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(2);
};

/** Figures that count what must not be: zero on both sides has no ratio. */
const ratio = (ours: number | undefined, theirs: number | undefined): string =>
  ours === undefined || theirs === undefined || theirs === 0 ? '' : `${(ours / theirs).toFixed(2)}x`;

function middle(runs: Figures[], name: string): number | undefined {
  const values = runs.flatMap((run) => run[name] ?? []);
  return values.length === 0 ? undefined : median(values);
}

function table({ title, runs }: Measured): string {
  const names = [...new Set([...runs.baseline, ...runs.semibot].flatMap(Object.keys))];
  const rows = names.map((name) => {
    const theirs = middle(runs.baseline, name);
    const ours = middle(runs.semibot, name);
    return `| ${name} | ${format(theirs)} | ${format(ours)} | ${ratio(ours, theirs)} |`;
  });
  return [`## ${title}`, '', '| | baseline | semibot | ratio |', '|---|---:|---:|---:|', ...rows].join('\n');
}

/** The results as Markdown. */
export function renderReport(measured: Measured[], about: { rounds: number; natsVersion: string }): string {
  const processor = cpus()[0]?.model ?? 'unknown';
  const memory = Math.round(totalmem() / 1024 ** 3);
  return [
    '# Results of `npm run bench -- relay`',
    '',
    'The way of a token from a runtime to a browser, side by side with `bench/baseline`: one WebSocket from the runtime ' +
      'to the relay, an in-memory ring of 500 events a session, server-sent events; it keeps nothing. Here: `libs/bus` ' +
      'appends each token to a JetStream log on disk, acknowledged, and the relay follows it. Servers, producer and ' +
      'readers are processes of their own on one machine. CPU is in milliseconds a 1000 tokens; `chat` is the part ' +
      'that grants readers their streams. Figures are medians of all rounds, in which the sides take turns.',
    '',
    `${new Date().toISOString().slice(0, 10)}, ${about.rounds} rounds, ${cpus().length} x ${processor}, ${memory} GB, ` +
      `Node ${process.version}, nats-server ${about.natsVersion}, ${process.platform} ${process.arch}.`,
    '',
    measured.map(table).join('\n\n'),
    '',
  ].join('\n');
}
