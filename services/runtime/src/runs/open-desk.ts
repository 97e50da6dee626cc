import type { LogWriter } from '@semibot/bus';
import { abortable } from '../abortable.ts';
import type { RunContext, RunDesk } from '../adapters/adapter.ts';
import type { Checkpoint, Outcome } from '../checkpoints/checkpoint.ts';
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
  from: Checkpoint,
  signal: AbortSignal,
  { checkpoints }: Pick<RunPorts, 'checkpoints'>,
): Desk {
  let { said: completed } = from;

  async function keep(said: readonly Said[], outcome: Outcome | null): Promise<void> {
    completed = [...said];
    await checkpoints.write(run.sessionId, {
      ...from,
      said: completed,
      fromIndex: writer.nextIndex,
      outcome,
    });
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
      const taken = new Set([...context.turns.map(({ messageId }) => messageId), ...steeredBy(said)]);
      return run.steering().filter(({ messageId }) => !taken.has(messageId));
    },
    conclude: (outcome, said) => keep(said, outcome),
  };
}
