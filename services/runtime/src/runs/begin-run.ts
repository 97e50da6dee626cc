import type { LogWriter } from '@semibot/bus';
import type { RunContext } from '../adapters/adapter.ts';

/** A run's event 0 is the message that it answers; from here on it can be done again. */
export const FIRST_INDEX = 1;

/**
 * Writes how the run begins. One that was in other hands first shuts those out by its own first event; what they
 * wrote from `fromIndex` on is withdrawn then, unless `keep` says to leave it as it is.
 */
export async function beginRun(
  writer: LogWriter,
  { runtimeType, model, position, resumed }: RunContext,
  fromIndex: number,
  keep: boolean,
): Promise<void> {
  const untouched = !resumed || position.nextIndex <= FIRST_INDEX;
  writer.append(
    untouched ? { type: 'run_started', runtimeType, model: model.model } : { type: 'runtime_recovered' },
  );
  if (!resumed) return;
  await writer.flush();
  const firstOwn = writer.nextIndex - 1;
  if (firstOwn > fromIndex && !keep) writer.append({ type: 'step_restarted', fromIndex });
}
