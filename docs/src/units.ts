/** Milliseconds in the greatest unit that leaves no rest: `72 h`, `10 min`, `30 s`, `250 ms`. */
export function duration(milliseconds: number): string {
  const units: [number, string][] = [
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
  ];
  for (const [size, name] of units) if (milliseconds % size === 0) return `${milliseconds / size} ${name}`;
  return `${milliseconds} ms`;
}

/** Bytes in the greatest unit that leaves no rest: `8 GiB`, `256 MiB`, `16 KiB`. */
export function bytes(count: number): string {
  const units: [number, string][] = [
    [1024 ** 3, 'GiB'],
    [1024 ** 2, 'MiB'],
    [1024, 'KiB'],
  ];
  for (const [size, name] of units) if (count % size === 0) return `${count / size} ${name}`;
  return `${count} bytes`;
}
