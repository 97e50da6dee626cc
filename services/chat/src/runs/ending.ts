/** How a run ends. */
export type Ending =
  | { type: 'completed' }
  | { type: 'cancelled' }
  | { type: 'failed'; code: string; message: string; retryAfterMs?: number };
