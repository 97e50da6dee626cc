/** A pause between two messages of a conversation is shorter than this, in milliseconds. */
const IDLE_MS = 5_000;
const LOOK_INTERVAL_MS = 5_000;

/**
 * Gives back the memory that runs and the start have left behind, once in each time without runs. V8 by itself does so
 * when a heap grows, which that of a runtime that waits does not. Does nothing where Node runs without `--expose-gc`.
 */
export function tidyWhenIdle(
  idleMs: () => number,
  collect = () => void globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' }),
): { close(): void } {
  let isTidy = false;
  const timer = setInterval(() => {
    const isIdle = idleMs() >= IDLE_MS;
    if (isIdle && !isTidy) collect();
    isTidy = isIdle;
  }, LOOK_INTERVAL_MS).unref();
  return { close: () => clearInterval(timer) };
}
