import { emptyRunFold, foldRun, type RunFold, type SessionEvent } from '@semibot/protocol';
import { phaseAfter, type RunPhase } from './run-phase.ts';
import type { Segment } from './segments.ts';
import { segmentsAfter } from './segments-after.ts';

/** A run as its log tells it so far. Changed in place, but for `segments` and `phase`, which are replaced. */
export interface RunRecord {
  runId: string;
  /** The fold that all readers share: it decides what is known already, what is withdrawn, and the end. */
  fold: RunFold;
  /** What it said and was not withdrawn. */
  said: SessionEvent[];
  segments: readonly Segment[];
  phase: RunPhase;
  tokens: { in: number; out: number };
  /** Something of its log was not seen here: only the saved answer can be trusted to be all of it. */
  partial: boolean;
}

/** A run that is first met with this event. One met in its middle had its beginning covered by history. */
export function newRunRecord(event: SessionEvent): RunRecord {
  return {
    runId: event.runId,
    fold: { ...emptyRunFold(), nextIndex: event.index },
    said: [],
    segments: [],
    phase: { name: 'queued' },
    tokens: { in: 0, out: 0 },
    partial: event.index > 0,
  };
}

/**
 * Takes one more event of the run, in place, and tells whether that was news. An index seen before is none, nor is
 * anything after the end. A gap is survived: what is there is shown, and the saved answer will complete it.
 */
export function takeRunEvent(record: RunRecord, event: SessionEvent): boolean {
  const { fold } = record;
  if (event.index < fold.nextIndex || fold.terminal) return false;
  if (event.index > fold.nextIndex) {
    fold.nextIndex = event.index;
    record.partial = true;
  }
  foldRun(fold, event);
  if (event.type === 'step_restarted') {
    record.said = record.said.filter((said) => said.index < event.fromIndex);
    record.segments = record.said.reduce(segmentsAfter, NOTHING);
  } else {
    const segments = segmentsAfter(record.segments, event);
    if (segments !== record.segments) record.said.push(event);
    record.segments = segments;
  }
  if (event.type === 'usage') {
    record.tokens = { in: record.tokens.in + event.tokensIn, out: record.tokens.out + event.tokensOut };
  }
  record.phase = phaseAfter(record.phase, event);
  return true;
}

const NOTHING: readonly Segment[] = [];
