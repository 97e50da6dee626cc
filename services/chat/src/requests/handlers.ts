import type { RequestHandlers } from '@semibot/bus';
import type { ChatWork } from '../work.ts';
import { commandsAfter } from './commands-after.ts';
import { getRun } from './get-run.ts';
import { init } from './init.ts';
import { logTail } from './log-tail.ts';

/** What runtimes may ask, each in its file. */
export const requestHandlers = (work: ChatWork): RequestHandlers => ({
  init: (input, asker) => init(work, input, asker),
  get_run: (input, asker) => getRun(work, input, asker),
  log_tail: (input, asker) => logTail(work, input, asker),
  commands_after: (input, asker) => commandsAfter(work, input, asker),
});
