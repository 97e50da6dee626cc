import { type Bus, publishMessage } from '@semibot/bus';
import { traceFrom, vmFactKey, vmFrozenMessage, vmGoneMessage } from '@semibot/protocol';
import { currentContext, type Logger } from '@semibot/service';
import type { Database } from '../store/database.ts';
import { forgetFact, untoldFacts } from '../store/untold-facts.ts';

const MESSAGES = { gone: vmGoneMessage, frozen: vmFrozenMessage } as const;

/** Tells the bus of processes that are no more, or sleep: each of the noted facts, until it is kept there. */
export interface FactTeller {
  tell(): Promise<void>;
}

export function createFactTeller(options: {
  db: Database;
  bus: Bus;
  logger: Logger;
  signal: AbortSignal;
}): FactTeller {
  const { db, bus, logger, signal } = options;

  async function tellAll(): Promise<void> {
    for (const { fact, userId, bootId, messageId, instanceId, reason, time } of await untoldFacts(db)) {
      await publishMessage(
        bus,
        MESSAGES[fact],
        { user: userId },
        { instanceId, bootId, reason, time: time.toISOString() },
        // Another scheduler may tell it too.
        { messageId, subject: vmFactKey, trace: traceFrom(currentContext()), signal },
      );
      await forgetFact(db, { bootId, fact });
      logger.info({ userId, instanceId, bootId, reason }, `runtime is ${fact}`);
    }
  }

  let telling: Promise<void> | null = null;
  let again = false;
  return {
    async tell() {
      if (telling) {
        again = true;
        return telling;
      }
      telling = (async () => {
        do {
          again = false;
          await tellAll();
        } while (again);
      })().finally(() => {
        telling = null;
      });
      return telling;
    },
  };
}
