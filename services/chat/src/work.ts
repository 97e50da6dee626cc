import type { OutboxWork } from './outbox/flush.ts';
import type { Dispatcher } from './vms/dispatcher.ts';

/** What a handler needs to do chat's work: the context, the way to the bus, and the way to a runtime. */
export interface ChatWork extends OutboxWork {
  dispatcher: Dispatcher;
}
