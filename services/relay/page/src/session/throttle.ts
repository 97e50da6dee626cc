export interface Throttle {
  /** Asks for the work to be done: at once where it was not done lately, else when its time has come. */
  ask(): void;
  cancel(): void;
}

/** Does work at most once in so many milliseconds, however often it is asked for, and always after the last asking. */
export function createThrottle(work: () => void, everyMs: number): Throttle {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let asked = false;
  const run = () => {
    asked = false;
    timer = setTimeout(() => {
      timer = null;
      if (asked) run();
    }, everyMs);
    work();
  };
  return {
    ask: () => {
      asked = true;
      if (timer === null) run();
    },
    cancel: () => {
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}
