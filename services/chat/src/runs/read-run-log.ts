import { deadLetter, replay } from '@semibot/bus';
import {
  emptyRunFold,
  eventMessage,
  foldRun,
  type RunFold,
  SemibotError,
  type SessionEvent,
} from '@semibot/protocol';
import type { Context } from '../context.ts';

/** A run's place in its session's log. */
export interface LoggedRun {
  runId: string;
  userId: string;
  sessionId: string;
  afterSequence: number;
}

export interface RunLog {
  fold: RunFold;
  /** The sequence of the session's last message; 0 where retention has taken them all. */
  sequence: number;
  /** The message that was looked for is there. */
  landed: boolean;
}

/** Takes an event that fits into the fold; one that cannot be read, or that its run has no place for, is put aside. */
function take(fold: RunFold, data: Uint8Array, run: LoggedRun): SemibotError | null {
  let event: SessionEvent;
  try {
    event = eventMessage.decode(data);
  } catch (error) {
    return SemibotError.from(error);
  }
  if (event.runId !== run.runId) return null;
  try {
    foldRun(fold, event);
    return null;
  } catch (cause) {
    return new SemibotError('MALFORMED_MESSAGE', { message: String(cause), cause });
  }
}

/** Reads what the session's log says of a run, to the log's end as its leader knows it. */
export async function readRunLog(
  { bus, replayer }: Pick<Context, 'bus' | 'replayer'>,
  run: LoggedRun,
  messageId?: string,
): Promise<RunLog> {
  const subject = eventMessage.format({ user: run.userId, session: run.sessionId });
  const end = await replayer.lastSequence('EVENTS', subject);
  const log: RunLog = { fold: emptyRunFold(), sequence: 0, landed: false };
  for await (const entries of replay(replayer, 'EVENTS', subject, run.afterSequence)) {
    for (const entry of entries) {
      log.sequence = entry.sequence;
      log.landed ||= entry.messageId !== '' && entry.messageId === messageId;
      const problem = take(log.fold, entry.data, run);
      if (!problem) continue;
      const letter = {
        stream: 'EVENTS',
        subject,
        sequence: entry.sequence,
        reason: problem.message,
        data: entry.data,
      };
      void deadLetter(bus, letter).catch((error) => bus.logger.warn({ err: error }, 'dead letter not kept'));
    }
  }
  // A replica may lag behind its leader.
  if (log.sequence < end)
    throw new SemibotError('SERVICE_UNAVAILABLE', { message: 'The log is behind its leader.' });
  return { ...log, sequence: Math.max(log.sequence, end) };
}
