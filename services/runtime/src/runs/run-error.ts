import { SemibotError } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import type { Outcome } from '../checkpoints/checkpoint.ts';
import { reasonOf } from '../models/model-error.ts';
import { RunFailure } from '../models/run-failure.ts';

/** The end that an error makes of a run: its code and text are for people and leak nothing. */
export function failedOutcome(thrown: unknown): Extract<Outcome, { type: 'failed' }> {
  const { code, message } = thrown instanceof RunFailure ? thrown : SemibotError.from(thrown).toBody();
  return { type: 'failed', code, message };
}

/** Tells the log of a failed run. A model's error is told by its status alone: the rest may quote keys and people. */
export function logFailure(logger: Logger, thrown: unknown, code: string): void {
  if (thrown instanceof RunFailure || thrown instanceof SemibotError)
    logger.warn({ code, reason: reasonOf(thrown.cause) }, 'run failed');
  else logger.error({ code, err: thrown }, 'run failed');
}

/** Whether the run is in other hands, or over. */
export const isStale = (thrown: unknown): boolean =>
  thrown instanceof SemibotError && thrown.code === 'RUN_STALE';
