import type { Trace } from '@semibot/protocol';
import type { Steering } from './said.ts';

/** A run as it was ordered, with the reins that are on it. */
export interface RunControl {
  readonly sessionId: string;
  readonly runId: string;
  readonly generation: number;
  readonly trace: Trace;
  /** Aborts when the person stops the run: what was written stays, and its end is reported. */
  readonly cancelled: AbortSignal;
  /** Aborts when the run is no longer this one's to do: nothing more is written or reported. */
  readonly halted: AbortSignal;
  /** All messages that were sent to steer the run, in their order. */
  steering(): readonly Steering[];
}
