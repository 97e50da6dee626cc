/** Where two texts differ first, for people; null where they are the same. `null` on disk is a missing file. */
export function difference(name: string, onDisk: string | null, fromCode: string): string | null {
  if (onDisk === fromCode) return null;
  if (onDisk === null) return `docs/${name} is missing`;
  const disk = onDisk.split('\n');
  const wanted = fromCode.split('\n');
  const line = wanted.findIndex((text, at) => text !== disk[at]);
  const at = line === -1 ? wanted.length : line;
  return [
    `docs/${name} differs from the code at line ${at + 1}:`,
    `  on disk   ${shorten(disk[at])}`,
    `  from code ${shorten(wanted[at])}`,
  ].join('\n');
}

const LINE_MAX_CHARACTERS = 160;
const shorten = (line: string | undefined): string => {
  if (line === undefined) return '(ends here)';
  return line.length > LINE_MAX_CHARACTERS ? `${line.slice(0, LINE_MAX_CHARACTERS)}…` : line;
};
