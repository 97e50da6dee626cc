import { ROUTES } from '@semibot/protocol';
import type { Account } from '../api/account.ts';
import { freshKey } from '../api/fresh-key.ts';
import { newPending, type PendingMessage } from '../fold/pending.ts';
import { createOutbox } from './outbox.ts';

export interface NewChat {
  readonly pending: readonly PendingMessage[];
  subscribe(listener: () => void): () => void;
  send(text: string): void;
  retry(key: string): void;
  discard(key: string): void;
  close(): void;
}

export interface NewChatOptions {
  account: Account;
  /** The session is there, and so is its first message. */
  onStarted(sessionId: string, first: PendingMessage): void;
}

/** A chat that becomes a session with its first message. */
export function createNewChat({ account, onStarted }: NewChatOptions): NewChat {
  const listeners = new Set<() => void>();
  const outbox = createOutbox({
    initial: [],
    post: async (message) => {
      const { key: idempotencyKey, text } = message;
      const { data } = await account.call(ROUTES.messages.start, { body: { message: text }, idempotencyKey });
      onStarted(data.sessionId, { ...message, state: 'accepted', messageId: data.messageId });
      return data;
    },
    onChange: () => {
      for (const listener of listeners) listener();
    },
  });
  return {
    get pending() {
      return outbox.pending;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    send: (text) => outbox.send(newPending(freshKey(), text, 'queue')),
    retry: outbox.retry,
    discard: outbox.discard,
    close: outbox.close,
  };
}
