import { MESSAGE_MODES } from '@semibot/protocol';
import { z } from 'zod';
import { newPending, type PendingMessage } from '../fold/pending.ts';

const storedSchema = z.array(
  z.object({
    key: z.string(),
    text: z.string(),
    mode: z.enum(MESSAGE_MODES),
    state: z.enum(['sending', 'failed']),
    problem: z.string().nullable(),
  }),
);

const nameOf = (sessionId: string) => `semibot.outbox.${sessionId}`;

/**
 * The messages that this tab had not yet got through when it was reloaded. Each keeps its idempotency key, so one that
 * had in fact arrived is not sent a second time.
 */
export function readOutbox(sessionId: string): PendingMessage[] {
  try {
    const stored = storedSchema.parse(JSON.parse(sessionStorage.getItem(nameOf(sessionId)) ?? '[]'));
    return stored.map(({ key, text, mode, state, problem }) => ({
      ...newPending(key, text, mode),
      state,
      problem,
    }));
  } catch {
    return [];
  }
}

/** Keeps what the API has not accepted yet. A browser that keeps nothing loses it with the tab. */
export function writeOutbox(sessionId: string, pending: readonly PendingMessage[]): void {
  const open = pending.filter((message) => message.state !== 'accepted');
  try {
    if (open.length === 0) sessionStorage.removeItem(nameOf(sessionId));
    else sessionStorage.setItem(nameOf(sessionId), JSON.stringify(open));
  } catch {
    // Kept in memory.
  }
}
