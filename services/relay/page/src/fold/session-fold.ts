import type { EventOf, Message, Run, SessionEvent } from '@semibot/protocol';
import { hasEnded } from './run-phase.ts';
import { newRunRecord, type RunRecord, takeRunEvent } from './run-record.ts';

/** What a person said, from history or from the log. */
export interface UserMessage {
  id: string;
  runId: string;
  text: string;
  /** ISO 8601. */
  time: string;
}

/**
 * A session as history and the log together tell it. The two overlap: a message or an answer that stands in both is
 * seen once, by message id and run id. Changed in place; `sessionEntries` makes of it what is shown.
 */
export interface SessionFold {
  /** User messages by id, oldest first. */
  said: Map<string, UserMessage>;
  /** Saved answers by run id, oldest first. */
  answers: Map<string, Message>;
  /** Runs that the log told of, in the order of their first event. */
  runs: Map<string, RunRecord>;
  /** What the API says of runs of which neither the log nor an answer tells. */
  summaries: Map<string, Run>;
}

/** A session by its newest page of history; the log after that history's cursor is to be folded in. */
export function newSessionFold(history: readonly Message[]): SessionFold {
  const fold: SessionFold = { said: new Map(), answers: new Map(), runs: new Map(), summaries: new Map() };
  for (const message of history) takeMessage(fold.said, fold.answers, message);
  return fold;
}

/**
 * Begins anew with a fresh history, where the log cannot be followed on. Runs that had ended keep what was seen of
 * them (history keeps neither thinking nor calls); the others are told again by the log after the history's cursor.
 */
export function refolded(fold: SessionFold, history: readonly Message[]): SessionFold {
  const fresh = newSessionFold(history);
  for (const [runId, run] of fold.runs) if (hasEnded(run.phase)) fresh.runs.set(runId, run);
  return fresh;
}

/** Takes in an earlier page of history: what is new in it stands before all that is there. */
export function takeEarlier(fold: SessionFold, page: readonly Message[]): void {
  const said: SessionFold['said'] = new Map();
  const answers: SessionFold['answers'] = new Map();
  for (const message of page) takeMessage(said, answers, message);
  fold.said = new Map([...said, ...fold.said]);
  fold.answers = new Map([...answers, ...fold.answers]);
}

/** Takes in answers that were saved meanwhile; nothing that is there already changes. */
export function takeSaved(fold: SessionFold, page: readonly Message[]): void {
  for (const message of page) {
    if (message.role === 'user' ? !fold.said.has(message.id) : !fold.answers.has(message.runId)) {
      takeMessage(fold.said, fold.answers, message);
    }
  }
}

function takeMessage(said: SessionFold['said'], answers: SessionFold['answers'], message: Message): void {
  const { id, runId, text, createdAt } = message;
  if (message.role === 'user') said.set(id, { id, runId, text, time: createdAt });
  else answers.set(runId, message);
}

/** Takes one more event of the log in, and tells whether it was news. */
export function takeEvent(fold: SessionFold, event: SessionEvent): boolean {
  const record = fold.runs.get(event.runId) ?? newRunRecord(event);
  fold.runs.set(event.runId, record);
  const news = takeRunEvent(record, event);
  if (news && event.type === 'user_message') takeUserMessage(fold, event);
  return news;
}

/** A message is known by its id. One that came too late to steer its run gets a run of its own, and keeps its place. */
function takeUserMessage(fold: SessionFold, event: EventOf<'user_message'>): void {
  const { messageId: id, runId, text, time } = event;
  if (fold.said.get(id)?.runId === runId) return;
  fold.said.set(id, { id, runId, text, time });
}

/** Whether this run's log was seen in part only and it has ended: its saved answer is to be read from history. */
export function needsSavedAnswer(fold: SessionFold, runId: string): boolean {
  const record = fold.runs.get(runId);
  const terminal = record?.fold.terminal;
  if (!record?.partial || !terminal || fold.answers.has(runId)) return false;
  // An error's event does not tell whether something was written before it.
  return terminal.type === 'execution_error' || terminal.messageId !== null;
}

/** Runs of the newest messages whose end nobody has told: no answer, or one that failed, and nothing in the log. */
export function untoldRuns(fold: SessionFold, atMost: number): string[] {
  const untold = [...fold.said.values()]
    .map((message) => message.runId)
    .filter((runId) => {
      const answer = fold.answers.get(runId);
      return !fold.runs.has(runId) && !fold.summaries.has(runId) && (!answer || answer.status === 'failed');
    });
  return [...new Set(untold)].slice(-atMost);
}
