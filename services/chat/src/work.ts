import type { Context } from './context.ts';
import type { Outbox } from './outbox/flush.ts';
import type { Dispatcher } from './vms/dispatcher.ts';

/** What a handler needs to do chat's work: the context, the way to the bus, and the way to a runtime. */
export interface ChatWork {
  ctx: Context;
  outbox: Outbox;
  dispatcher: Dispatcher;
}
