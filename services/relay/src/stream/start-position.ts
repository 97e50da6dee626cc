import type { LogBounds } from '@semibot/bus';
import { type Cursor, parseCursor, SemibotError } from '@semibot/protocol';

/** Where a reader asks to begin: after a cursor, with all that is kept, or where the history ends. */
export type Wanted = { from: 'cursor'; cursor: Cursor } | { from: 'first' } | { from: 'history' };

/** Where it does begin: after this sequence; `resync` where what it asked for is gone. */
export interface Start {
  after: number;
  resync: boolean;
}

/**
 * What a request asks for. `Last-Event-ID` goes before `?after=`: a browser that reconnects sends what it read last in
 * the header, while its URL still says where it once began. Throws CURSOR_INVALID.
 */
export function wantedStart(lastEventId: string | undefined, after: string | undefined): Wanted {
  const text = lastEventId || after;
  if (text === undefined) return { from: 'history' };
  if (text === '0') return { from: 'first' };
  const cursor = parseCursor(text);
  if (!cursor) throw new SemibotError('CURSOR_INVALID');
  return { from: 'cursor', cursor };
}

/**
 * Where the reader begins, given what the log holds and the position that the history covers. Throws CURSOR_INVALID
 * for a position that the log has not reached.
 */
export function startPosition(wanted: Wanted, bounds: LogBounds, history: Cursor | null): Start {
  // A history of another incarnation of the log says nothing of this one: all that is kept comes after it.
  const covered = history?.epoch === bounds.epoch ? history.sequence : 0;
  if (wanted.from === 'first') return { after: 0, resync: false };
  if (wanted.from === 'history') return { after: covered, resync: false };
  const { epoch, sequence } = wanted.cursor;
  if (epoch !== bounds.epoch) return { after: covered, resync: true };
  if (sequence > bounds.last) throw new SemibotError('CURSOR_INVALID');
  // What follows the history's own position was never kept and lost: it is the session that has been quiet for long.
  const isGone = sequence > 0 && sequence < bounds.first - 1 && sequence !== covered;
  return isGone ? { after: covered, resync: true } : { after: sequence, resync: false };
}
