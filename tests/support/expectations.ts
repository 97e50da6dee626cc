import {
  emptyRunFold,
  foldedText,
  foldRun,
  isTerminal,
  parseCursor,
  type SessionEvent,
} from '@semibot/protocol';
import { expect } from 'vitest';
import type { Client } from './client.ts';
import { Tab } from './tab.ts';

/** `1 2 3 … to`, as the demo model counts. */
export const counted = (to: number): string => Array.from({ length: to }, (_, at) => at + 1).join(' ');

const textOf = (events: SessionEvent[]): string => foldedText(events.reduce(foldRun, emptyRunFold()));

/** The log ids rise strictly, and the run's indexes are 0, 1, 2, … with one end, which is the last. */
export function expectUnbroken(tab: Tab, runId: string): void {
  const sequences = tab.received.map(({ id }) => parseCursor(id)?.sequence ?? Number.NaN);
  for (const [at, sequence] of sequences.entries())
    if (at > 0) expect(sequence).toBeGreaterThan(sequences[at - 1] ?? 0);
  const events = tab.eventsOf(runId);
  expect(events.map(({ index }) => index)).toEqual(events.map((_, at) => at));
  expect(events.filter(isTerminal)).toHaveLength(1);
  const last = events.at(-1);
  expect(last && isTerminal(last)).toBe(true);
}

/**
 * What a tab was given of a run is what the log holds, what the history says, and what was asked for: nothing lost,
 * nothing twice. A tab that was not there before reads the same.
 */
export async function expectWhole(client: Client, sessionId: string, tab: Tab, runId: string, text: string) {
  await tab.untilEnd(runId);
  expectUnbroken(tab, runId);
  expect(textOf(tab.eventsOf(runId))).toBe(text);
  const answers = (await client.history(sessionId)).filter(
    (message) => message.runId === runId && message.role === 'assistant',
  );
  expect(answers.map((answer) => answer.text)).toEqual([text]);
  const end = tab.eventsOf(runId).at(-1);
  expect(end).toMatchObject({ type: 'execution_complete', messageId: answers[0]?.id });

  const late = new Tab(client, sessionId);
  await late.untilEnd(runId);
  late.close();
  const until = late.received.length;
  expect(tab.received.slice(0, until).map(({ id, event }) => ({ id, event }))).toEqual(
    late.received.map(({ id, event }) => ({ id, event })),
  );
}
