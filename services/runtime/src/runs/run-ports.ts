import type { LogWriter } from '@semibot/bus';
import type { LogPosition } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import type { FindAdapter, RunContext } from '../adapters/adapter.ts';
import type { Outcome } from '../checkpoints/checkpoint.ts';
import type { CheckpointStore } from '../checkpoints/checkpoint-store.ts';
import type { RunControl } from './run-control.ts';

/** How a run ended, as chat is told. */
export interface RunEnd {
  outcome: Outcome;
  /** How many events the run has in the log. */
  nextIndex: number;
  steeredBy: string[];
}

/** What a run needs of the world. */
export interface RunPorts {
  /** Asks what is to be done. Throws RUN_STALE where the run is in other hands or over, and the reason when halted. */
  loadContext(run: RunControl): Promise<RunContext>;
  openWriter(run: RunControl, position: LogPosition): LogWriter;
  /** Resolves when chat will surely learn of it; throws the reason when halted. */
  report(run: RunControl, end: RunEnd): Promise<void>;
  checkpoints: CheckpointStore;
  findAdapter: FindAdapter;
  logger: Logger;
}
