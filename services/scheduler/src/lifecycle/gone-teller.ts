import { type Bus, publishMessage } from '@semibot/bus';
import { traceFrom, vmFactKey, vmGoneMessage } from '@semibot/protocol';
import { currentContext, type Logger } from '@semibot/service';
import type { Database } from '../store/database.ts';
import { forgetGone, untoldGoneFacts } from '../store/gone-facts.ts';

/** Tells the bus of processes that are no more: each of the noted facts, until it is kept there. */
export interface GoneTeller {
  tell(): Promise<void>;
}

export function createGoneTeller(options: {
  db: Database;
  bus: Bus;
  logger: Logger;
  signal: AbortSignal;
}): GoneTeller {
  const { db, bus, logger, signal } = options;

  async function tellAll(): Promise<void> {
    for (const { userId, bootId, messageId, instanceId, reason, time } of await untoldGoneFacts(db)) {
      await publishMessage(
        bus,
        vmGoneMessage,
        { user: userId },
        { instanceId, bootId, reason, time: time.toISOString() },
        // Another scheduler may tell it too.
        { messageId, subject: vmFactKey, trace: traceFrom(currentContext()), signal },
      );
      await forgetGone(db, bootId);
      logger.info({ userId, instanceId, bootId, reason }, 'runtime is gone');
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
