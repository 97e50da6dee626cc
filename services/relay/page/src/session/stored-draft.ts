const nameOf = (sessionId: string | null) => `semibot.draft.${sessionId ?? 'new'}`;

/** What this tab had written and not sent, so that a reload loses nothing. `null` stands for the chat not yet begun. */
export function readDraft(sessionId: string | null): string {
  try {
    return sessionStorage.getItem(nameOf(sessionId)) ?? '';
  } catch {
    return '';
  }
}

export function writeDraft(sessionId: string | null, text: string): void {
  try {
    if (text === '') sessionStorage.removeItem(nameOf(sessionId));
    else sessionStorage.setItem(nameOf(sessionId), text);
  } catch {
    // A browser that keeps nothing loses it with the tab.
  }
}
