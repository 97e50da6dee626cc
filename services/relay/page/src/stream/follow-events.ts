import { limits } from '@semibot/protocol';
import { createParser } from 'eventsource-parser';
import { backoffMs, pause } from '../api/backoff.ts';
import { RequestFailure } from '../api/request-failure.ts';

/** A relay that has not even sent its heartbeat for this long is taken for gone. */
const SILENCE_MAX_MS = 2 * limits.SSE_HEARTBEAT_INTERVAL_MS + 5_000;

export type Connection =
  | { name: 'connecting' }
  | { name: 'live' }
  /** The next try is at `at` (epoch milliseconds); `reason` is for people, where they can do something about it. */
  | { name: 'reconnecting'; at: number; reason: string | null };

/** Waiting for another try. That a part restarts passes by itself; too many open streams do not. */
export const reconnecting = (failure: RequestFailure | null, waitMs: number): Connection => ({
  name: 'reconnecting',
  at: Date.now() + waitMs,
  reason: failure?.status === 429 ? failure.message : null,
});

export interface FollowOptions {
  /** The cursor after which the log is wanted. */
  after: string;
  /** Opens the stream; rejects with a RequestFailure. */
  open(after: string, signal: AbortSignal): Promise<Response>;
  /** One message of the stream: its data and the cursor that it brings the reader to. */
  onMessage(data: string, cursor: string): void;
  onConnection(connection: Connection): void;
  /** The API will not serve this stream, and trying again is no use: following has ended. */
  onRefused(failure: RequestFailure): void;
}

export interface Follower {
  /** Does not wait any longer where it is waiting. */
  retryNow(): void;
  close(): void;
}

/**
 * Follows a log as server-sent events, for ever: where the stream ends, falls silent or cannot be opened, it is opened
 * again after the last cursor that was seen, so that nothing is lost and nothing comes twice.
 */
export function followEvents(options: FollowOptions): Follower {
  const closing = new AbortController();
  let waiting = new AbortController();
  let cursor = options.after;

  const onMessage = (data: string, id: string | undefined) => {
    options.onMessage(data, id ?? cursor);
    if (id) cursor = id;
  };
  const follow = async () => {
    options.onConnection({ name: 'connecting' });
    for (let attempt = 0; !closing.signal.aborted; attempt += 1) {
      const failure = await readOnce(options, cursor, closing.signal, onMessage, () => {
        attempt = 0;
        options.onConnection({ name: 'live' });
      });
      if (closing.signal.aborted) return;
      if (failure && !failure.passing) return options.onRefused(failure);
      const waitMs = Math.max(backoffMs(attempt), failure?.retryAfterMs ?? 0);
      options.onConnection(reconnecting(failure, waitMs));
      waiting = new AbortController();
      await pause(waitMs, AbortSignal.any([waiting.signal, closing.signal]));
    }
  };
  void follow();

  return {
    retryNow: () => waiting.abort(),
    close: () => closing.abort(),
  };
}

/** Reads one stream to its end. Resolves with why it could not be opened, or null where it was. */
async function readOnce(
  options: FollowOptions,
  after: string,
  closing: AbortSignal,
  onMessage: (data: string, id: string | undefined) => void,
  onOpen: () => void,
): Promise<RequestFailure | null> {
  const silence = new AbortController();
  const signal = AbortSignal.any([closing, silence.signal]);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENCE_MAX_MS);
  };
  const parser = createParser({
    onEvent: (event) => {
      if (!signal.aborted) onMessage(event.data, event.id);
    },
  });
  let opened = false;
  try {
    const response = await options.open(after, signal);
    opened = true;
    onOpen();
    heard();
    const text = response.body?.pipeThrough(new TextDecoderStream());
    for (const reader = text?.getReader(); reader; ) {
      const { done, value } = await reader.read();
      if (done) break;
      heard();
      parser.feed(value);
    }
    return null;
  } catch (thrown) {
    return opened ? null : RequestFailure.from(thrown);
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}
