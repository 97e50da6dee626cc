import { z } from 'zod';

/** A position in a session's log: the stream's incarnation and the stream sequence up to which it was read. */
export interface Cursor {
  epoch: string;
  sequence: number;
}

const CURSOR = /^([A-Za-z0-9]{1,32}):(0|[1-9][0-9]{0,15})$/;

/** `<epoch>:<stream sequence>`, opaque to clients. */
export const cursorSchema = z.string().regex(CURSOR, 'must be a cursor');

export const formatCursor = (epoch: string, sequence: number): string => `${epoch}:${sequence}`;

/** The cursor that a text stands for, or null where it is none. */
export function parseCursor(text: string): Cursor | null {
  const match = CURSOR.exec(text);
  if (!match?.[1] || !match[2]) return null;
  const sequence = Number(match[2]);
  return Number.isSafeInteger(sequence) ? { epoch: match[1], sequence } : null;
}
