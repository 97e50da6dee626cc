import type { Resync } from '@semibot/protocol';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** A comment: keeps proxies from closing a quiet stream, and tells the relay of readers that are gone. */
export const HEARTBEAT = Buffer.from(':\n\n');
/** How soon a plain EventSource comes back after its stream ended, in milliseconds. */
export const RETRY_HINT = 'retry: 500\n\n';

/** Whether the payload stands in one line, as `data:` wants it. */
export const isOneLine = (payload: Uint8Array): boolean =>
  !payload.includes(LINE_FEED) && !payload.includes(CARRIAGE_RETURN);

/** One event as it goes to readers: its cursor as the id, and its payload as it is, which is one line. */
export interface Frame {
  head: string;
  payload: Uint8Array;
}

export const frameOf = (epoch: string, sequence: number, payload: Uint8Array): Frame => ({
  head: `id: ${epoch}:${sequence}\ndata: `,
  payload,
});

export const frameBytes = ({ head, payload }: Frame): number => head.length + payload.length + 2;

/** Writes a frame at a place of the target; gives the place after it. */
export function writeFrame(target: Buffer, at: number, { head, payload }: Frame): number {
  target.write(head, at, 'latin1');
  target.set(payload, at + head.length);
  const end = at + head.length + payload.length;
  target[end] = LINE_FEED;
  target[end + 1] = LINE_FEED;
  return end + 2;
}

/** The word that the reader's position is gone; its cursor is the id, so that a reconnect goes on from it. */
export const resyncFrame = (resync: Resync): string =>
  `id: ${resync.cursor}\ndata: ${JSON.stringify(resync)}\n\n`;
