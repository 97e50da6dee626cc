import { persist } from '../api/persist.ts';
import { RequestFailure } from '../api/request-failure.ts';
import type { PendingMessage } from '../fold/pending.ts';

/** A message is sent again by itself for this long, and then on a person's word. */
const GIVE_UP_AFTER_MS = 60_000;

export interface Outbox {
  readonly pending: readonly PendingMessage[];
  /** Sends it after those before it: they arrive in the order in which they were written. */
  send(message: PendingMessage): void;
  /** Sends one that failed again, under the same key. */
  retry(key: string): void;
  discard(key: string): void;
  /** Replaces what is known of the messages on their way. */
  update(change: (pending: readonly PendingMessage[]) => readonly PendingMessage[]): void;
  close(): void;
}

export interface OutboxOptions {
  initial: readonly PendingMessage[];
  /** Sends one message; repeated with the same message until it succeeds or fails for good. */
  post(message: PendingMessage): Promise<{ messageId: string }>;
  onChange(pending: readonly PendingMessage[]): void;
}

/** The messages on their way to one session, posted one after the other. */
export function createOutbox(options: OutboxOptions): Outbox {
  const closing = new AbortController();
  let pending = options.initial;
  let posting = Promise.resolve();

  const update: Outbox['update'] = (change) => {
    const next = change(pending);
    if (next === pending) return;
    pending = next;
    if (!closing.signal.aborted) options.onChange(pending);
  };
  const patch = (key: string, change: Partial<PendingMessage>) =>
    update((all) => all.map((message) => (message.key === key ? { ...message, ...change } : message)));

  const post = async (key: string) => {
    const message = pending.find((candidate) => candidate.key === key);
    if (message?.state !== 'sending' || closing.signal.aborted) return;
    try {
      const { messageId } = await persist(() => options.post(message), {
        signal: closing.signal,
        giveUpAfterMs: GIVE_UP_AFTER_MS,
      });
      patch(key, { state: 'accepted', messageId });
    } catch (thrown) {
      const failure = RequestFailure.from(thrown);
      patch(key, { state: 'failed', problem: failure.status === 0 ? null : failure.message });
    }
  };
  const enqueue = (key: string) => {
    posting = posting.then(() => post(key));
  };
  for (const message of pending) enqueue(message.key);

  return {
    get pending() {
      return pending;
    },
    send: (message) => {
      update((all) => [...all, message]);
      enqueue(message.key);
    },
    retry: (key) => {
      patch(key, { state: 'sending', problem: null });
      enqueue(key);
    },
    discard: (key) => update((all) => all.filter((message) => message.key !== key)),
    update,
    close: () => closing.abort(),
  };
}
