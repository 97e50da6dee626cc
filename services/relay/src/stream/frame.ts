import type { Resync } from '@semibot/protocol';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** A comment: keeps proxies from closing a quiet stream, and tells the relay of readers that are gone. */
export const HEARTBEAT = Buffer.from(':\n\n');
/** How soon a plain EventSource comes back after its stream ended, in milliseconds. */
export const RETRY_HINT = Buffer.from('retry: 500\n\n');

/** Whether the payload stands in one line, as `data:` wants it. */
export const isOneLine = (payload: Uint8Array): boolean =>
  !payload.includes(LINE_FEED) && !payload.includes(CARRIAGE_RETURN);

/** One event as it goes to readers: its cursor as the id, and its payload as it is, which must be one line. */
export function renderFrame(epoch: string, sequence: number, payload: Uint8Array): Buffer {
  const head = `id: ${epoch}:${sequence}\ndata: `;
  const frame = Buffer.allocUnsafe(head.length + payload.length + 2);
  frame.write(head, 'latin1');
  frame.set(payload, head.length);
  frame[frame.length - 2] = LINE_FEED;
  frame[frame.length - 1] = LINE_FEED;
  return frame;
}

/** The word that the reader's position is gone; its cursor is the id, so that a reconnect goes on from it. */
export const renderResync = (resync: Resync): Buffer =>
  Buffer.from(`id: ${resync.cursor}\ndata: ${JSON.stringify(resync)}\n\n`);
