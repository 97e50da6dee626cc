import type { EventOf, SessionEvent } from './events.ts';

/** What a run's events say so far. */
export interface RunFold {
  /** The index that the run's next event must have. */
  nextIndex: number;
  /** The answer in its pieces, each with the index of its event, so that a restarted step can withdraw some. */
  chunks: { index: number; text: string }[];
  /** The event that ended the run. */
  terminal: EventOf<'execution_complete'> | EventOf<'execution_error'> | null;
}

export const emptyRunFold = (): RunFold => ({ nextIndex: 0, chunks: [], terminal: null });

/**
 * Takes one more event of the run into the fold, in place. An index seen before changes nothing (a reader may be
 * given an event again); a gap throws, for it means that the reader was given a broken log.
 */
export function foldRun(fold: RunFold, event: SessionEvent): RunFold {
  if (event.index < fold.nextIndex) return fold;
  if (event.index > fold.nextIndex)
    throw new RangeError(`run ${event.runId}: event ${event.index} follows ${fold.nextIndex - 1}`);
  fold.nextIndex += 1;
  switch (event.type) {
    case 'text_chunk':
      fold.chunks.push({ index: event.index, text: event.text });
      break;
    case 'step_restarted':
      fold.chunks = fold.chunks.filter((chunk) => chunk.index < event.fromIndex);
      break;
    case 'execution_complete':
    case 'execution_error':
      fold.terminal ??= event;
      break;
  }
  return fold;
}

/** The answer as it stands. */
export const foldedText = (fold: RunFold): string => fold.chunks.map((chunk) => chunk.text).join('');
