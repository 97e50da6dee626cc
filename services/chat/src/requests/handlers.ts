import type { Asker, RequestHandlers } from '@semibot/bus';
import { runInContext } from '@semibot/service';
import { whileDatabaseIsThere } from '../database/database.ts';
import type { ChatWork } from '../work.ts';
import { commandsAfter } from './commands-after.ts';
import { getKeys } from './get-keys.ts';
import { getRun } from './get-run.ts';
import { init } from './init.ts';
import { logTail } from './log-tail.ts';

/** An answer in the asker's context; a database that is away is told as such, so that the runtime asks again. */
const inAskersContext =
  <I, R>(work: ChatWork, answer: (work: ChatWork, input: I, asker: Asker) => Promise<R>) =>
  (input: I, asker: Asker): Promise<R> => {
    const { userId, sessionId } = asker;
    const context = { ...asker.trace, userId, ...(sessionId ? { sessionId } : {}) };
    return runInContext(context, () => whileDatabaseIsThere(() => answer(work, input, asker)));
  };

/** What runtimes may ask, each in its file. */
export const requestHandlers = (work: ChatWork): RequestHandlers => ({
  init: inAskersContext(work, init),
  get_keys: inAskersContext(work, getKeys),
  get_run: inAskersContext(work, getRun),
  log_tail: inAskersContext(work, logTail),
  commands_after: inAskersContext(work, commandsAfter),
});
