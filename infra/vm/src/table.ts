import type { VmInstance } from '@semibot/protocol';

const GAP = '  ';

/** Rows under their headings, each column as wide as it must be. */
export function renderTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows];
  const widths = headings.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** How long ago in the largest unit that fits, as `5 min ago`; `-` for never. */
export function ago(time: string | null, now: number): string {
  if (time === null) return '-';
  const seconds = Math.max(0, Math.round((now - Date.parse(time)) / 1000));
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? ['s', 1];
  return `${Math.floor(seconds / size)} ${unit} ago`;
}

/** Instances as a table for people. */
export const instanceTable = (instances: readonly VmInstance[], now: number): string =>
  renderTable(
    ['USER', 'STATUS', 'MODE', 'ATTEMPTS', 'STARTED', 'HEARD OF', 'VM', 'LAST ERROR'],
    instances.map((one) => [
      one.userId,
      one.status,
      one.mode,
      `${one.attempts}`,
      ago(one.lastBootstrapAt, now),
      ago(one.lastHeartbeatAt, now),
      one.vmId ?? '-',
      one.lastError ?? '-',
    ]),
  );
