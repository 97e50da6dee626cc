const FIRST_MS = 500;
const LONGEST_MS = 5_000;
/** Slow growth: a part is mostly back within seconds, and the page should not sleep much longer than that. */
const GROWTH = 1.5;

/**
 * How long to wait after failure number `attempt` (the first is 0): from 0.5 s half as much again each time up to 5 s, less
 * up to a quarter at random, so that many tabs do not come back at once.
 */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * GROWTH ** Math.min(attempt, 10));
  return Math.round(full * (1 - 0.25 * random()));
}

/** Waits; ends early, without an error, when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
