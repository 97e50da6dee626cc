import type { Logger } from '@semibot/service';
import pLimit from 'p-limit';
import { signVmToken } from '../auth/vm-token.ts';
import type { Instance } from '../domain/instance.ts';
import type { Driver, StartedRuntime } from '../drivers/driver.ts';
import type { Database } from '../store/database.ts';
import { lockLaunch, OVER } from '../store/instances.ts';

/** Each holds a connection to the database meanwhile, and starting costs a core. */
const LAUNCHES_AT_ONCE = 4;

interface LauncherOptions {
  db: Database;
  driver: Driver;
  jwtSecret: string;
  logger: Logger;
  /** A runtime that was launched here has ended. */
  onEnded: (userId: string, vmId: string, how: string) => void;
}

/** Has the driver start what was decided, and writes down what came of it. */
export interface Launcher {
  /** Starts the instance's current bootstrap with this ticket, unless a newer one has come by then. */
  launch(instance: Instance, ticket: string, force: boolean): void;
  /** Whether a launch of the instance waits or is under way here. */
  isLaunching(instanceId: string): boolean;
  /** Waits for the launches under way. */
  close(): Promise<void>;
}

export function createLauncher({ db, driver, jwtSecret, logger, onEnded }: LauncherOptions): Launcher {
  const underWay = new Map<Promise<void>, string>();
  const limit = pLimit(LAUNCHES_AT_ONCE);

  async function spawn(instance: Instance, ticket: string, force: boolean): Promise<StartedRuntime | string> {
    const { userId, orgId, id: instanceId } = instance;
    const token = signVmToken({ userId, orgId, instanceId }, jwtSecret);
    try {
      return await driver.spawn({ userId, orgId, instanceId, token, ticket, force });
    } catch (error) {
      logger.error({ userId, instanceId, err: error }, 'runtime could not be started');
      return `the runtime could not be started: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  async function run(instance: Instance, ticket: string, force: boolean): Promise<void> {
    const { userId, id: instanceId, bootstraps, bootstrapAttempts: attempt } = instance;
    // The lock is on the user, not on the row: the runtime may connect before its start is written down.
    const started = await db.transaction().execute(async (trx) => {
      await lockLaunch(trx, userId);
      const current = await trx
        .selectFrom('userVmInstances')
        .select('bootstraps')
        .where('id', '=', instanceId)
        .where('status', 'not in', OVER)
        .executeTakeFirst();
      if (current?.bootstraps !== bootstraps) return null;
      const result = await spawn(instance, ticket, force);
      const failed = typeof result === 'string';
      const { numUpdatedRows } = await trx
        .updateTable('userVmInstances')
        .set((eb) => ({
          ...(failed ? { bootstrapLastError: result } : { vmId: result.vmId }),
          status: eb
            .case()
            .when('status', '=', 'starting')
            .then('provisioning' as const)
            .else(eb.ref('status'))
            .end(),
        }))
        .where('id', '=', instanceId)
        .where('bootstraps', '=', bootstraps)
        .where('status', 'not in', OVER)
        .executeTakeFirstOrThrow();
      if (failed) return null;
      if (numUpdatedRows > 0n) return result;
      // The instance was ended meanwhile, and nobody else knows of what was started for it.
      await driver.kill(userId);
      return null;
    });
    if (!started) return;
    logger.info({ userId, instanceId, attempt, vmId: started.vmId }, 'runtime started');
    void started.ended.then((how) => onEnded(userId, started.vmId, how));
  }

  return {
    launch(instance, ticket, force) {
      const work = limit(run, instance, ticket, force)
        // The instance stays `starting`, which the sweep finds.
        .catch((error: unknown) => logger.error({ userId: instance.userId, err: error }, 'launch failed'))
        .finally(() => underWay.delete(work));
      underWay.set(work, instance.id);
    },
    isLaunching: (instanceId) => [...underWay.values()].includes(instanceId),
    close: async () => void (await Promise.all(underWay.keys())),
  };
}
