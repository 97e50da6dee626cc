import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { writeWhole } from '../write-whole.ts';
import { becomesReady, type Part, stopPart } from './part.ts';
import { type PartExit, type PartProcess, startPartProcess } from './part-process.ts';

const BACKOFF_MIN_MS = 200;
const BACKOFF_MAX_MS = 5_000;
/** A part that ran this long is healthy: the next start waits the least again. */
const HEALTHY_AFTER_MS = 10_000;

/** How long to wait before the next start of a part that ended this many times in a row soon after its start. */
export const backoffMs = (failures: number): number =>
  Math.min(BACKOFF_MIN_MS * 2 ** failures, BACKOFF_MAX_MS);

/** A part that is started again whenever it dies. */
export interface KeptPart {
  name: string;
  /** Resolves when it is ready for the first time; rejects when its first start fails, and it is not kept then. */
  ready: Promise<void>;
  /** Stops it for good; killed when that takes longer than `limitMs`. */
  stop(limitMs: number): Promise<void>;
}

interface KeepOptions {
  pidFile: string;
  /** Hears of each end and each new start. */
  onEvent: (text: string) => void;
}

/** Starts a part and keeps it running. */
export function keepPart(part: Part, { pidFile, onEvent }: KeepOptions): KeptPart {
  const stopping = new AbortController();
  const { signal } = stopping;
  let current: PartProcess | null = null;
  let wasReady = false;

  /** One life of the part: from its start to its end. */
  const runOnce = async (): Promise<PartExit> => {
    await part.clear?.();
    signal.throwIfAborted();
    const process = await startPartProcess(part.command);
    current = process;
    await writeWhole(pidFile, `${process.pid}\n`, 0o644).catch((error: unknown) => {
      // Nobody could find it later.
      process.signal('SIGKILL');
      throw error;
    });
    if (signal.aborted) process.signal('SIGTERM');
    if (!wasReady) await becomesReady(part, process);
    wasReady = true;
    first.resolve();
    const exit = await process.exited;
    await rm(pidFile, { force: true });
    return exit;
  };

  const first = Promise.withResolvers<void>();
  // Whoever stops the part before it was ready does not ask for the reason.
  first.promise.catch(() => {});
  const keep = async (): Promise<void> => {
    let failures = 0;
    while (!signal.aborted) {
      const startedAt = Date.now();
      const how = await runOnce().then(describe, (error: unknown) => {
        if (!wasReady) throw error;
        return `could not be started: ${error instanceof Error ? error.message : String(error)}`;
      });
      if (signal.aborted) return;
      if (Date.now() - startedAt >= HEALTHY_AFTER_MS) failures = 0;
      const waitMs = backoffMs(failures);
      failures += 1;
      onEvent(`${part.name} ${how}; starting it again in ${waitMs} ms`);
      await delay(waitMs, undefined, { signal }).catch(() => {});
    }
  };
  const kept = keep().catch((error: unknown) => first.reject(error));

  return {
    name: part.name,
    ready: first.promise,
    stop: async (limitMs) => {
      stopping.abort();
      if (current) await stopPart(part, current, limitMs);
      await kept;
      await rm(pidFile, { force: true });
    },
  };
}

const describe = ({ code, signal }: PartExit): string =>
  signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
