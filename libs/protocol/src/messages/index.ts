import type { MessageDefinition } from '../define-message.ts';
import { commandMessage, orderMessage } from './commands.ts';
import { deadLetterMessage } from './dead-letter.ts';
import { eventMessage, liveMessage } from './log.ts';
import { runFinishedMessage } from './reports.ts';
import { requestMessage } from './requests.ts';
import {
  renewTokenMessage,
  vmFrozenMessage,
  vmGoneMessage,
  vmHeartbeatMessage,
  vmReadyMessage,
} from './vm.ts';

/** Every message of the system, in the order in which the docs tell them. */
export const MESSAGES: MessageDefinition[] = [
  eventMessage,
  liveMessage,
  commandMessage,
  orderMessage,
  requestMessage,
  runFinishedMessage,
  renewTokenMessage,
  vmReadyMessage,
  vmHeartbeatMessage,
  vmFrozenMessage,
  vmGoneMessage,
  deadLetterMessage,
] as unknown as MessageDefinition[];
