import { type Resync, resyncSchema, type SessionEvent, sessionEventSchema } from '@semibot/protocol';
import { z } from 'zod';

const typeSchema = z.object({ type: z.string() });

/**
 * The event that a line of the stream carries. Null, with a warning on the console, for one that is malformed or of
 * a type that this page does not know: it must not break what is there.
 */
export function parseStreamData(data: string): SessionEvent | Resync | null {
  const json = parseJson(data);
  const type = typeSchema.safeParse(json);
  const event = (type.data?.type === 'resync' ? resyncSchema : sessionEventSchema).safeParse(json);
  if (event.success) return event.data;
  console.warn('an event was ignored:', type.data?.type ?? 'no type', event.error.message);
  return null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
