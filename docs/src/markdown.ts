/** First line of every generated page. */
export const GENERATED = '<!-- Generated from code by `npm run docs`; do not edit. -->';

/** Text as code, in a table's cell too. */
export const code = (text: string): string => `\`${text}\``;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ') || '-';
const row = (cells: string[]): string => `| ${cells.map(cell).join(' | ')} |`;

/** A table; an empty cell shows a dash. */
export const table = (heads: string[], rows: string[][]): string =>
  [row(heads), row(heads.map(() => '---')), ...rows.map(row)].join('\n');

/** Blocks with an empty line between them and a line break at the end; what is empty is left out. */
export const page = (...blocks: string[]): string => `${blocks.filter(Boolean).join('\n\n')}\n`;
