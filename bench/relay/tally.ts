import { nowMicroseconds, readTokens } from './token-text.ts';

/** What one reader was given of one session's tokens. */
export class Tally {
  readonly latenciesMs: number[] = [];
  twice = 0;
  reordered = 0;
  /** The longest time between two tokens, in milliseconds. */
  longestSilenceMs = 0;
  firstAt = 0;
  lastAt = 0;
  readonly #seen = new Set<number>();
  #highest = -1;

  readonly take = (line: string): void => {
    const now = nowMicroseconds();
    if (this.firstAt === 0) this.firstAt = now;
    else this.longestSilenceMs = Math.max(this.longestSilenceMs, (now - this.lastAt) / 1_000);
    this.lastAt = now;
    readTokens(line, (number, madeAt) => {
      this.latenciesMs.push((now - madeAt) / 1_000);
      if (this.#seen.has(number)) this.twice += 1;
      else if (number < this.#highest) this.reordered += 1;
      this.#seen.add(number);
      this.#highest = Math.max(this.#highest, number);
    });
  };

  get distinct(): number {
    return this.#seen.size;
  }
}
