const PREFIX = 'semibot.';

/** Forgets what this tab had kept of drafts and messages on their way: who signs in next is somebody else, perhaps. */
export function forgetTab(): void {
  try {
    for (const name of Object.keys(sessionStorage)) {
      if (name.startsWith(PREFIX)) sessionStorage.removeItem(name);
    }
  } catch {
    // It kept nothing.
  }
}
