import { useEffect, useRef, useState } from 'react';
import type { Answer } from '../fold/answer.ts';
import type { Entry } from '../fold/session-entries.ts';
import type { Dictionary } from '../i18n/en.ts';
import { useText } from '../i18n/language.ts';
import type { Connection } from '../stream/follow-events.ts';

/**
 * Tells a screen reader politely what sighted people see happen: an answer begins, is there, or broke off; the connection
 * is lost or back. Not the answer's words: nobody could listen to them as they come, and here they would stand twice.
 */
export function Announcer({ entries, connection }: { entries: readonly Entry[]; connection: Connection }) {
  const text = useText();
  const [spoken, setSpoken] = useState('');
  const phases = useRef(new Map<string, string>());
  const connected = useRef<string>('connecting');

  useEffect(() => {
    for (const entry of entries) {
      if (entry.kind !== 'answer') continue;
      const { runId, phase } = entry.answer;
      const before = phases.current.get(runId);
      phases.current.set(runId, phase.name);
      if (before !== undefined && before !== phase.name) {
        const words = wordsFor(entry.answer, text);
        if (words) setSpoken(words);
      }
    }
  }, [entries, text]);

  useEffect(() => {
    const before = connected.current;
    if (before === connection.name) return;
    connected.current = connection.name;
    if (connection.name === 'reconnecting') setSpoken(text.connection.reconnectingNow);
    if (connection.name === 'live' && before === 'reconnecting') setSpoken(text.connection.live);
  }, [connection, text]);

  return (
    <p className="visually-hidden" role="status" aria-live="polite">
      {spoken}
    </p>
  );
}

function wordsFor({ phase }: Answer, text: Dictionary): string | null {
  switch (phase.name) {
    case 'running':
      return text.announce.running;
    case 'starting':
      return text.answer.starting(text.vmStates[phase.state] ?? phase.state);
    case 'lost':
      return text.answer.lost;
    case 'completed':
      return text.announce.completed;
    case 'cancelled':
      return text.announce.cancelled;
    case 'failed':
      return text.announce.failed(phase.message ?? '');
    default:
      return null;
  }
}
