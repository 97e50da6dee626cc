import { type Bus, createAppender, createRequester } from '@semibot/bus';
import type { Logger } from '@semibot/service';
import { createAdapters } from './adapters/find-adapter.ts';
import { createCheckpointStore } from './checkpoints/checkpoint-store.ts';
import { introduce } from './introduce.ts';
import { createKeysInForce } from './keys-in-force.ts';
import { createModels } from './models/open-model.ts';
import { followOrders } from './orders/follow-orders.ts';
import { createKeyRing } from './provider-keys.ts';
import { createBusPorts } from './runs/bus-ports.ts';
import { executeRun } from './runs/execute-run.ts';
import { createSessionManager } from './session-manager.ts';

/** One user's runtime on a connection that is open. */
export interface Runtime {
  /** Follows its orders and introduces itself; resolves when it can be given runs. Throws the signal's reason. */
  begin(signal: AbortSignal): Promise<void>;
  readonly activeRuns: number;
  /** For how long it has had no run, in milliseconds. */
  readonly idleMs: number;
  /** Halts the runs, so that another process can take them up, and leaves the connection open. */
  close(): Promise<void>;
}

export interface RuntimeOptions {
  bus: Bus;
  userId: string;
  orgId: string;
  /** This process, fresh at each start: chat addresses it by this. */
  bootId: string;
  dataDir: string;
  logger: Logger;
}

export function createRuntime(options: RuntimeOptions): Runtime {
  const { bus, userId, bootId, dataDir, logger } = options;
  const requester = createRequester(bus, userId);
  const appender = createAppender(bus);
  const ring = createKeyRing();
  const keys = createKeysInForce({ ring, requester, bootId, logger });
  const ports = {
    ...createBusPorts({ bus, requester, appender, userId, bootId, logger }),
    checkpoints: createCheckpointStore({ dataDir, bootId, logger }),
    findAdapter: createAdapters(createModels(keys.current)),
    logger,
  };
  const sessions = createSessionManager({ userId, execute: (run) => executeRun(run, ports), logger });
  const orders = followOrders({
    bus,
    requester,
    userId,
    bootId,
    logger,
    onCommand(command, trace) {
      if (command.type === 'config') keys.renew(trace);
      else sessions.handle(command, trace);
    },
  });

  return {
    async begin(signal) {
      await orders.ready;
      const { curveKey } = ring;
      const { commandNumber, sealedKeys } = await introduce({ ...options, requester, curveKey, signal });
      ring.unseal(sealedKeys);
      orders.begin(commandNumber);
    },
    get activeRuns() {
      return sessions.activeRuns;
    },
    get idleMs() {
      return sessions.idleMs;
    },
    async close() {
      orders.close();
      await sessions.close();
      keys.close();
      appender.close();
      requester.close();
    },
  };
}
