/** Has something to send to its readers. */
export interface Flushable {
  flush(): void;
}

/** Lets what comes in within one tick go out together, one write a reader. */
export interface TickWriter {
  schedule(feed: Flushable): void;
}

export function createTickWriter(): TickWriter {
  let scheduled: Flushable[] = [];
  const flush = (): void => {
    const feeds = scheduled;
    scheduled = [];
    for (const feed of feeds) feed.flush();
  };
  return {
    schedule(feed) {
      // What one read from the bus brought is handed out before the microtask runs.
      if (scheduled.push(feed) === 1) queueMicrotask(flush);
    },
  };
}
