import type { Driver, RuntimeStart, StartedRuntime } from '../drivers/driver.ts';

/** What a test was asked to start, and how it lets it end. */
export interface HandRuntime extends RuntimeStart {
  vmId: string;
  /** Ends the process, as its driver would see it. */
  end(how: string): void;
}

/** A driver that starts nothing: the test is the runtime. Shared by schedulers, it is one machine. */
export interface HandDriver extends Driver {
  /** Every start, oldest first. */
  starts: HandRuntime[];
  /** Resolves with the n-th start of the user, counted from 1. */
  started(userId: string, nth?: number): Promise<HandRuntime>;
  /** Whose runtime is frozen. */
  frozen: Set<string>;
  /** Whom it was asked to start a runtime for, whatever came of it. */
  asked: Set<string>;
  /** Starts wait for this. */
  holding: Promise<void> | null;
  /** The next starts fail with this reason; null: they work again. */
  failing: string | null;
}

export function createHandDriver(): HandDriver {
  const living = new Map<string, HandRuntime>();
  const waiting = new Set<() => void>();
  let count = 0;

  const driver: HandDriver = {
    mode: 'process',
    sees: true,
    frozen: new Set(),
    starts: [],
    asked: new Set(),
    holding: null,
    failing: null,
    async spawn(start): Promise<StartedRuntime> {
      driver.asked.add(start.userId);
      await driver.holding;
      if (driver.failing !== null) throw new Error(driver.failing);
      await driver.kill(start.userId);
      const { promise: ended, resolve } = Promise.withResolvers<string>();
      count += 1;
      const vmId = `hand-${count}`;
      const runtime: HandRuntime = {
        ...start,
        vmId,
        end(how) {
          if (living.get(start.userId) === runtime) {
            living.delete(start.userId);
            driver.frozen.delete(start.userId);
          }
          resolve(how);
        },
      };
      living.set(start.userId, runtime);
      driver.starts.push(runtime);
      for (const look of waiting) look();
      return { vmId, ended };
    },
    find: async (userId) => living.get(userId)?.vmId ?? null,
    async kill(userId) {
      living.get(userId)?.end('by SIGKILL');
    },
    async freeze(userId) {
      if (!living.has(userId)) return false;
      driver.frozen.add(userId);
      return true;
    },
    thaw: async (userId) => driver.frozen.delete(userId),
    started(userId, nth = 1) {
      const { promise, resolve } = Promise.withResolvers<HandRuntime>();
      const look = (): void => {
        const found = driver.starts.filter((start) => start.userId === userId)[nth - 1];
        if (!found) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      return promise;
    },
  };
  return driver;
}
