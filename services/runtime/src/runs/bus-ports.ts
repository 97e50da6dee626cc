import { setTimeout as delay } from 'node:timers/promises';
import { type Appender, type Bus, publishMessage, type Requester } from '@semibot/bus';
import { newId, runFinishedMessage, SemibotError } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import { abortable } from '../abortable.ts';
import type { RunContext } from '../adapters/adapter.ts';
import type { RunControl } from './run-control.ts';
import type { RunPorts } from './run-ports.ts';

const LOAD_RETRY_MS = 1_000;

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
      for (;;) {
        try {
          return await loadPages(run);
        } catch (error) {
          // While nobody answers, the run has neither failed nor gone elsewhere.
          if (!(error instanceof SemibotError && error.code === 'SERVICE_UNAVAILABLE')) throw error;
          logger.warn('nobody tells what the run is to do, asking again');
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
