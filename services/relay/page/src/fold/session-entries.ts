import { type Answer, answerOf } from './answer.ts';
import { hasEnded } from './run-phase.ts';
import type { SessionFold, UserMessage } from './session-fold.ts';

export type Entry =
  | { kind: 'user'; message: UserMessage; steering: boolean }
  | { kind: 'answer'; answer: Answer };

/**
 * What is shown, in order: each message and right after it the answer of its run, also where other messages were sent
 * before that answer was there. A message that joined a run under way (it steers it) stands where it was sent until
 * the answer is whole, then before the answer that took it in.
 */
export function sessionEntries(fold: SessionFold): Entry[] {
  const messages = Map.groupBy(fold.said.values(), (message) => message.runId);
  const ofRun = (runId: string): Entry[] => {
    const [first, ...later] = messages.get(runId) ?? [];
    const answer = answerOf(fold, runId, first?.text ?? null);
    const question: Entry[] = first ? [{ kind: 'user', message: first, steering: false }] : [];
    const steering = later.map((message): Entry => ({ kind: 'user', message, steering: true }));
    if (!answer) return [...question, ...steering];
    const shown: Entry = { kind: 'answer', answer };
    return hasEnded(answer.phase) ? [...question, ...steering, shown] : [...question, shown, ...steering];
  };
  // Answers to messages of an earlier page come first; runs whose message is not known at all, last.
  const runIds = [
    ...[...fold.answers.keys()].filter((runId) => !messages.has(runId)),
    ...messages.keys(),
    ...fold.runs.keys(),
  ];
  return [...new Set(runIds)].flatMap(ofRun);
}

/** The runs that have not ended, oldest first. */
export function activeRuns(entries: readonly Entry[]): Answer[] {
  return entries.flatMap((entry) =>
    entry.kind === 'answer' && !hasEnded(entry.answer.phase) ? [entry.answer] : [],
  );
}
