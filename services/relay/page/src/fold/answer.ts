import type { Message, Run } from '@semibot/protocol';
import { hasEnded, phaseOfMessage, phaseOfRun, type RunPhase } from './run-phase.ts';
import type { RunRecord } from './run-record.ts';
import { type Segment, segmentsText } from './segments.ts';
import type { SessionFold } from './session-fold.ts';

/** An answer as it is shown, whole or on its way. */
export interface Answer {
  runId: string;
  phase: RunPhase;
  segments: readonly Segment[];
  /** What it cost so far, where that is known. */
  tokens: RunRecord['tokens'] | null;
  /** The message that it answers, where that is loaded. */
  question: string | null;
}

/**
 * The answer of a run: as the log tells it, unless the saved one is there and says otherwise. Null where nothing is
 * known of it. Its parts keep their identity as long as they say the same.
 */
export function answerOf(fold: SessionFold, runId: string, question: string | null): Answer | null {
  const record = fold.runs.get(runId);
  const saved = fold.answers.get(runId);
  const summary = fold.summaries.get(runId);
  const tokens = record?.tokens ?? null;
  if (saved) {
    const told = record && !record.partial && textOf(record.segments) === saved.text;
    const segments = told ? record.segments : segmentsOfMessage(saved);
    return { runId, phase: endOf(saved, record, summary), segments, tokens, question };
  }
  if (record) return { runId, phase: record.phase, segments: record.segments, tokens, question };
  if (summary) return { runId, phase: summaryPhase(summary), segments: NOTHING, tokens, question };
  return null;
}

/** Whether two answers show the same. */
export const sameAnswer = (a: Answer, b: Answer): boolean =>
  a.runId === b.runId &&
  a.phase === b.phase &&
  a.segments === b.segments &&
  a.tokens === b.tokens &&
  a.question === b.question;

/** How a saved answer ended. The log and the API tell more of a failure than history does. */
function endOf(saved: Message, record: RunRecord | undefined, summary: Run | undefined): RunPhase {
  if (record && hasEnded(record.phase)) return record.phase;
  if (saved.status === 'failed' && summary?.status === 'failed') return summaryPhase(summary);
  return messagePhase(saved);
}

const NOTHING: readonly Segment[] = [];

/** A pure function of an object, worked out once for each object. */
function once<K extends object, V>(work: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, { value: V }>();
  return (key) => {
    const found = known.get(key) ?? { value: work(key) };
    known.set(key, found);
    return found.value;
  };
}

const textOf = once(segmentsText);
const messagePhase = once(phaseOfMessage);
const summaryPhase = once(phaseOfRun);
const segmentsOfMessage = once((message: Message): readonly Segment[] =>
  message.text === '' ? NOTHING : [{ kind: 'text', index: 0, text: message.text }],
);
