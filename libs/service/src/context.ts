import { AsyncLocalStorage } from 'node:async_hooks';

/** Whose work is being done: carried through every await, into each log line and each message sent. */
export interface Context {
  requestId: string;
  /** W3C, version 00. */
  traceparent: string;
  userId?: string;
  sessionId?: string;
  runId?: string;
}

const storage = new AsyncLocalStorage<Context>();

/** Does the work in this context, in place of the one around it. */
export const runInContext = <T>(context: Context, work: () => T): T => storage.run(context, work);

/** The context of the work being done, if it has one. */
export const currentContext = (): Context | undefined => storage.getStore();

/** The trace id in a `traceparent`: 32 hexadecimal digits. */
const traceIdOf = (traceparent: string): string => traceparent.slice(3, 35);

/** The current context as a log line carries it. */
export function contextFields(): Record<string, string> {
  const context = currentContext();
  if (!context) return {};
  const { traceparent, ...ids } = context;
  return { ...ids, traceId: traceIdOf(traceparent) };
}
