import type { LogWriter } from '@semibot/bus';
import { abortable } from '../abortable.ts';
import type { RunContext, RunDesk } from '../adapters/adapter.ts';
import type { Outcome } from '../checkpoints/checkpoint.ts';
import type { RunControl } from './run-control.ts';
import type { RunPorts } from './run-ports.ts';
import { type Said, steeredBy } from './said.ts';

/** A run's side for its adapter, and how its end is kept. */
export interface Desk extends RunDesk {
  /** Keeps that the run has ended, with all its events in the log and this as all that was said. */
  conclude(outcome: Outcome, said: readonly Said[]): Promise<void>;
}

/** Opens the desk of a run whose beginning is written. `signal` aborts when it is to stop for whatever reason. */
export function openDesk(
  run: RunControl,
  context: RunContext,
  writer: LogWriter,
  before: readonly Said[],
  signal: AbortSignal,
  { checkpoints }: Pick<RunPorts, 'checkpoints'>,
): Desk {
  const { sessionId, runId, generation } = run;
  let completed = before;

  async function keep(said: readonly Said[], outcome: Outcome | null): Promise<void> {
    completed = [...said];
    const checkpoint = { runId, generation, said: [...said], fromIndex: writer.nextIndex, outcome };
    await checkpoints.write(sessionId, checkpoint);
  }

  return {
    context,
    signal,
    get said() {
      return completed;
    },
    emit: (body) => writer.append(body),
    writable: () => abortable(writer.writable(), signal),
    async checkpoint(said) {
      await abortable(writer.flush(), signal);
      await keep(said, null);
      signal.throwIfAborted();
    },
    steering(said) {
      const taken = new Set(steeredBy(said));
      return run.steering().filter(({ messageId }) => !taken.has(messageId));
    },
    conclude: (outcome, said) => keep(said, outcome),
  };
}
