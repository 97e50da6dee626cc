import { z } from 'zod';

/** An `X-Request-ID` that may be taken over from outside. */
export const requestIdSchema = z.string().regex(/^[A-Za-z0-9._-]{1,128}$/);
/** A W3C `traceparent`, version 00. */
export const traceparentSchema = z.string().regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);

/** What ties together all that one request of a person sets off. */
export const traceSchema = z.object({ requestId: requestIdSchema, traceparent: traceparentSchema });
export type Trace = z.infer<typeof traceSchema>;

const hex = (bytes: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');

/** A new span under the given trace, or the first span of a new one. */
export function childTraceparent(parent?: string): string {
  const traceId = parent && traceparentSchema.safeParse(parent).success ? parent.slice(3, 35) : hex(16);
  return `00-${traceId}-${hex(8)}-01`;
}

/** A trace from what came in: ids that are well formed are taken, others made. */
export const traceFrom = (incoming: { requestId?: unknown; traceparent?: unknown } = {}): Trace => {
  const requestId = requestIdSchema.safeParse(incoming.requestId);
  const traceparent = traceparentSchema.safeParse(incoming.traceparent);
  return {
    requestId: requestId.success ? requestId.data : crypto.randomUUID(),
    traceparent: childTraceparent(traceparent.success ? traceparent.data : undefined),
  };
};
