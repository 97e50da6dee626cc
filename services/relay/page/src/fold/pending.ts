import type { MESSAGE_MODES } from '@semibot/protocol';
import type { UserMessage } from './session-fold.ts';

export type MessageMode = (typeof MESSAGE_MODES)[number];

/** A message on its way: sent here, and not yet seen in history or in the log. */
export interface PendingMessage {
  /** Its `Idempotency-Key`, the same however often it is sent. */
  key: string;
  text: string;
  mode: MessageMode;
  state: 'sending' | 'accepted' | 'failed';
  /** Why it failed, for people. */
  problem: string | null;
  /** Its id as the API answered it. */
  messageId: string | null;
  /** The log's message that is taken for it until the API has answered: an answer may come after its event. */
  presumedId: string | null;
}

export const newPending = (key: string, text: string, mode: MessageMode): PendingMessage => ({
  key,
  text,
  mode,
  state: 'sending',
  problem: null,
  messageId: null,
  presumedId: null,
});

/** What is still to be shown as on its way: all that the session does not show by itself. */
export const stillPending = (
  pending: readonly PendingMessage[],
  said: ReadonlyMap<string, UserMessage>,
): PendingMessage[] =>
  pending.filter(({ messageId, presumedId }) => !said.has(messageId ?? presumedId ?? ''));

/** A message that came in the log: the oldest one on its way with that text, and no answer yet, is taken for it. */
export function presume(
  pending: readonly PendingMessage[],
  arrived: { messageId: string; text: string },
): readonly PendingMessage[] {
  if (pending.some((message) => message.messageId === arrived.messageId)) return pending;
  const at = pending.findIndex(
    (message) => !message.messageId && !message.presumedId && message.text.trim() === arrived.text.trim(),
  );
  const match = pending[at];
  return match ? pending.with(at, { ...match, presumedId: arrived.messageId }) : pending;
}
