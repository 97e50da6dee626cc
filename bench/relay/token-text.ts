/** The clock that all processes of one machine share, in microseconds. */
export function nowMicroseconds(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000_000 + nanoseconds / 1_000;
}

/** A token as it travels: its number in the session and when it was made. Merged tokens can be told apart again. */
export const tokenText = (number: number): string => `${number}@${Math.round(nowMicroseconds())};`;

/** Where the tokens stand in an event. */
const FIELD = '"text":"';

/** Calls back for each token in an event's line. */
export function readTokens(line: string, onToken: (number: number, madeAt: number) => void): void {
  let start = line.lastIndexOf(FIELD) + FIELD.length;
  for (let end = line.indexOf(';', start); end >= 0; end = line.indexOf(';', start)) {
    const at = line.indexOf('@', start);
    onToken(Number(line.slice(start, at)), Number(line.slice(at + 1, end)));
    start = end + 1;
  }
}
