import type { MsgHdrs } from '@nats-io/transport-node';

/** What the stream says of an append. */
export type AppendAnswer =
  | { type: 'kept'; sequence: number }
  | { type: 'conflict' }
  /** The stream cannot keep it now, or is not there: try again. */
  | { type: 'unavailable'; reason: string };

/** One message on its way into the log. */
export interface Attempt {
  subject: string;
  data: Uint8Array;
  headers: MsgHdrs;
  onAnswer(answer: AppendAnswer): void;
}
