import { headers, type MsgHdrs } from '@nats-io/transport-node';
import { HEADERS, type Trace, traceFrom } from '@semibot/protocol';

/** Message headers from plain values. */
export function messageHeaders(values: Record<string, string | undefined>, trace?: Trace): MsgHdrs {
  const result = headers();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) result.set(name, value);
  if (trace) {
    result.set(HEADERS.requestId, trace.requestId);
    result.set(HEADERS.traceparent, trace.traceparent);
  }
  return result;
}

/** The trace that a message belongs to; a new one where it carries none. */
export const traceOf = (incoming: MsgHdrs | undefined): Trace =>
  traceFrom({
    requestId: incoming?.get(HEADERS.requestId) || undefined,
    traceparent: incoming?.get(HEADERS.traceparent) || undefined,
  });
