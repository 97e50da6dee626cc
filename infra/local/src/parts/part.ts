import { setTimeout as delay } from 'node:timers/promises';
import { logTail, type PartCommand, type PartProcess, startPartProcess } from './part-process.ts';

const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 25;
const STOP_TIMEOUT_MS = 8_000;

/** A part that can be started any number of times, one process at a time. */
export interface Part {
  name: string;
  command: PartCommand;
  /** Clears away what a killed process left behind. */
  clear?: () => Promise<void>;
  /** Does it do its work? */
  isReady: () => Promise<boolean>;
  /** Asks it to stop cleanly; default SIGTERM. */
  stopSignal?: NodeJS.Signals;
}

/** A part that runs and is ready. */
export interface StartedPart extends AsyncDisposable {
  pid: number;
  /** Sends a signal, and resolves when the process has ended (at once for SIGSTOP and SIGCONT). */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Stops it cleanly; harmless where it has ended. */
  stop(): Promise<void>;
}

/** Starts a part and resolves when it is ready; throws with the end of its log when it does not become so. */
export async function startPart(part: Part): Promise<StartedPart> {
  await part.clear?.();
  const process = await startPartProcess(part.command);
  const stop = (): Promise<void> => stopPart(part, process);
  await becomesReady(part, process);
  return {
    pid: process.pid,
    kill: async (signal) => {
      process.signal(signal);
      if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await process.exited;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Asks a part's process to stop, and kills it when it does not in time; resolves when nothing is left of it. */
export async function stopPart(part: Part, process: PartProcess, limitMs = STOP_TIMEOUT_MS): Promise<void> {
  process.signal(part.stopSignal ?? 'SIGTERM');
  // One that was paused would not hear of it.
  process.signal('SIGCONT');
  const timer = setTimeout(() => process.signal('SIGKILL'), limitMs);
  await process.exited;
  clearTimeout(timer);
  await part.clear?.();
}

/** Waits until the part is ready; throws when its process ends before, or after READY_TIMEOUT_MS. */
export async function becomesReady(part: Part, process: PartProcess): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await part.isReady())) {
    const late = Date.now() > deadline;
    if (!late && !process.hasExited()) {
      await delay(READY_POLL_MS);
      continue;
    }
    process.signal('SIGKILL');
    const what = late ? `is not ready after ${READY_TIMEOUT_MS / 1000} s` : 'ended at its start';
    throw new Error(`${part.name} ${what}:\n${await logTail(part.command.logFile)}`);
  }
}
