import type { Command, Trace } from '@semibot/protocol';
import { type Logger, runInContext } from '@semibot/service';
import type { RunControl } from './runs/run-control.ts';
import type { Steering } from './runs/said.ts';

/** A command about a run. */
export type SessionCommand = Exclude<Command, { type: 'config' }>;

/** Does what a runtime is told to, in any number of sessions; what goes wrong in one touches no other. */
export interface SessionManager {
  /** Carries out a command; one that changes nothing any more is passed over. */
  handle(command: SessionCommand, trace: Trace): void;
  readonly activeRuns: number;
  /** For how long there has been no run, in milliseconds; 0 while there is one. */
  readonly idleMs: number;
  /** Halts all runs; they can be taken up by another process. */
  close(): Promise<void>;
}

interface ActiveRun {
  generation: number;
  cancel: AbortController;
  halt: AbortController;
  steering: Steering[];
  done: Promise<void>;
}

/** Runs remembered as cancelled, so that one that is ordered after its cancel does not begin. */
const CANCELLED_REMEMBERED = 1_000;

export function createSessionManager(options: {
  userId: string;
  execute(run: RunControl): Promise<void>;
  logger: Logger;
}): SessionManager {
  const { userId, execute, logger } = options;
  const runs = new Map<string, ActiveRun>();
  const cancelled = new Set<string>();
  let closed = false;
  let idleSince = performance.now();

  /** A higher generation takes over from a lower one, once that one has stopped. */
  function run({ sessionId, runId, generation }: Extract<Command, { type: 'run' }>, trace: Trace): void {
    const previous = runs.get(runId);
    if (closed || (previous && previous.generation >= generation)) return;
    previous?.halt.abort();
    const active: ActiveRun = {
      generation,
      cancel: previous?.cancel ?? new AbortController(),
      halt: new AbortController(),
      steering: previous?.steering ?? [],
      done: Promise.resolve(),
    };
    if (cancelled.has(runId)) active.cancel.abort();
    runs.set(runId, active);
    const control: RunControl = {
      sessionId,
      runId,
      generation,
      trace,
      cancelled: active.cancel.signal,
      halted: active.halt.signal,
      steering: () => active.steering,
    };
    active.done = runInContext({ ...trace, userId, sessionId, runId }, async () => {
      await previous?.done;
      try {
        logger.info({ generation }, 'run ordered');
        if (!active.halt.signal.aborted) await execute(control);
      } catch (error) {
        if (!active.halt.signal.aborted) logger.error({ err: error }, 'run ended without a report');
      } finally {
        if (runs.get(runId) === active) runs.delete(runId);
        idleSince = performance.now();
      }
    });
  }

  function cancel(runId: string): void {
    cancelled.add(runId);
    if (cancelled.size > CANCELLED_REMEMBERED)
      for (const oldest of cancelled) {
        cancelled.delete(oldest);
        break;
      }
    runs.get(runId)?.cancel.abort();
  }

  function steer({ runId, messageId, text }: Extract<Command, { type: 'steer' }>): void {
    const steering = runs.get(runId)?.steering;
    if (steering?.some((one) => one.messageId === messageId)) return;
    steering?.push({ role: 'user', messageId, text });
  }

  return {
    handle(command, trace) {
      if (command.type === 'run') run(command, trace);
      else if (command.type === 'cancel') cancel(command.runId);
      else steer(command);
    },
    get activeRuns() {
      return runs.size;
    },
    get idleMs() {
      return runs.size > 0 ? 0 : Math.floor(performance.now() - idleSince);
    },
    async close() {
      closed = true;
      for (const { halt } of runs.values()) halt.abort();
      await Promise.all([...runs.values()].map(({ done }) => done));
    },
  };
}
