import { setTimeout as delay } from 'node:timers/promises';
import { type Appender, type Bus, publishMessage, type Requester } from '@semibot/bus';
import { newId, runFinishedMessage, SemibotError } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import { abortable } from '../abortable.ts';
import type { RunContext } from '../adapters/adapter.ts';
import type { RunControl } from './run-control.ts';
import type { RunPorts } from './run-ports.ts';

const LOAD_RETRY_MS = 250;
/** Chat that answers, but cannot tell of the run for so long, will not: in milliseconds. */
const LOAD_GIVE_UP_MS = 5 * 60_000;

/** A run's requests, events and report, over the bus. */
export function createBusPorts(options: {
  bus: Bus;
  requester: Requester;
  appender: Appender;
  userId: string;
  bootId: string;
  logger: Logger;
}): Pick<RunPorts, 'loadContext' | 'openWriter' | 'report'> {
  const { bus, requester, appender, userId, bootId, logger } = options;
  const nameOf = ({ runId, generation }: RunControl) => ({ runId, generation, bootId });

  async function loadPages(run: RunControl): Promise<RunContext> {
    const ask = (page: number) =>
      abortable(
        requester.request('get_run', run.sessionId, { ...nameOf(run), page }, { trace: run.trace }),
        run.halted,
      );
    let { nextPage, ...context } = await ask(0);
    while (nextPage !== null) {
      const more = await ask(nextPage);
      context = { ...context, turns: [...context.turns, ...more.turns] };
      nextPage = more.nextPage;
    }
    return context;
  }

  return {
    async loadContext(run) {
      const giveUpAt = performance.now() + LOAD_GIVE_UP_MS;
      for (;;) {
        try {
          return await loadPages(run);
        } catch (error) {
          if (run.halted.aborted || !mayPass(error, giveUpAt)) throw error;
          logger.warn({ err: error }, 'chat cannot tell what the run is to do, asking again');
          await delay(LOAD_RETRY_MS, undefined, { signal: run.halted });
        }
      }
    },
    openWriter: (run, position) =>
      appender.openWriter({
        userId,
        sessionId: run.sessionId,
        runId: run.runId,
        generation: run.generation,
        idPrefix: newId(),
        position,
        trace: run.trace,
        readTail: (messageId) =>
          requester.request('log_tail', run.sessionId, { ...nameOf(run), messageId }, { trace: run.trace }),
      }),
    async report(run, end) {
      await publishMessage(
        bus,
        runFinishedMessage,
        { user: userId, session: run.sessionId },
        { ...nameOf(run), ...end },
        {
          messageId: `run_finished-${run.runId}-${run.generation}`,
          trace: run.trace,
          signal: run.halted,
        },
      );
    },
  };
}

/** While nobody answers, or chat is without its database, a run has neither failed nor gone elsewhere. */
function mayPass(error: unknown, giveUpAt: number): boolean {
  const { code, status } = SemibotError.from(error);
  return code === 'SERVICE_UNAVAILABLE' || (status >= 500 && performance.now() < giveUpAt);
}
