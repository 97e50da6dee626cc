import { useCallback, useState } from 'react';
import { readDraft, writeDraft } from '../session/stored-draft.ts';

/** What is being written for a session (null: the chat not yet begun), and how to change it. It outlives a reload. */
export function useDraft(sessionId: string | null): [string, (text: string) => void] {
  const [draft, setDraft] = useState(() => readDraft(sessionId));
  const write = useCallback(
    (text: string) => {
      setDraft(text);
      writeDraft(sessionId, text);
    },
    [sessionId],
  );
  return [draft, write];
}
