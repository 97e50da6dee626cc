/** Notices that a model says nothing for too long, with one timer for the whole call. */
export interface SilenceWatch extends Disposable {
  /** Aborts after `timeoutMs` of waiting. */
  readonly signal: AbortSignal;
  /** From now on the model is waited for. */
  waiting(): void;
  /** It has spoken; what we do with it is not its silence. */
  heard(): void;
}

/** Watches over a model that must not be silent for longer than this, in milliseconds. */
export function watchSilence(timeoutMs: number): SilenceWatch {
  const controller = new AbortController();
  let waitingSince: number | null = null;
  let timer = setTimeout(check, timeoutMs);

  function check(): void {
    const now = performance.now();
    const left = waitingSince === null ? timeoutMs : waitingSince + timeoutMs - now;
    if (left <= 0) controller.abort();
    else timer = setTimeout(check, left);
  }

  return {
    signal: controller.signal,
    waiting: () => {
      waitingSince = performance.now();
    },
    heard: () => {
      waitingSince = null;
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
