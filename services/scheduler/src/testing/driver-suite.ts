import { newId, vmReadyMessage } from '@semibot/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Instance } from '../domain/instance.ts';
import type { Driver } from '../drivers/driver.ts';
import type { Scheduler } from '../scheduler.ts';
import { type SchedulerLab, startSchedulerLab } from './scheduler-lab.ts';

/** What `runtime-program.ts` does: `ready` connects and says so, `idle` lives off the bus, `exit 3` ends at once. */
export type Program = 'ready' | 'idle' | 'exit 3';

/** The environment in which a driver starts that program. */
export const programEnvironment = (program: Program): Record<string, string> =>
  program === 'ready' ? {} : { LANG: program };

/** A driver and a look behind its back. */
export interface DriverHarness {
  /** A driver that starts the program; all that are made here share one machine. */
  driver(program: Program): Driver;
  /** What runs for the user, as the machine sees it. */
  stateOf(userId: string): Promise<'running' | 'halted' | 'gone'>;
  /** Ends the user's runtime as if it crashed. */
  crash(userId: string): Promise<void>;
  /** Halts the user's runtime as if it hung. */
  hang(userId: string): Promise<void>;
  /** All that the user's runtime has printed. */
  printed(userId: string): Promise<string>;
  /** The names in a runtime's environment: these and no others. */
  environment: readonly string[];
  /** A runtime's command line, without the program's name. */
  arguments: readonly string[];
  /** Undoes what the harness made. */
  close?(): Promise<void>;
}

export interface DriverSuiteOptions {
  /** How runtimes are, as `runtimes as processes`. */
  title: string;
  setUp(lab: SchedulerLab): Promise<DriverHarness>;
  /** Whether `freeze` can do it; default true. */
  freezes?: boolean;
  /** How `ended` tells of a runtime that was killed. */
  killed: string;
  /** Within this, in milliseconds, a runtime is ready; default 15 s. */
  readyWithinMs?: number;
}

/** What a test of one driver alone may use. */
export interface DriverSuite {
  lab: SchedulerLab;
  harness: DriverHarness;
  /** A new user, whose runtime is ended after the test. */
  someone(): { userId: string; orgId: string };
  /** Brings a user's runtime up to ready. */
  bringUp(): Promise<{ userId: string; orgId: string }>;
  /** The instance as the scheduler has it. */
  instanceOf(userId: string): Promise<Instance | null>;
}

/** The one suite that every driver which sees what runs must pass; `more` adds what is true of this one alone. */
export function describeDriver(options: DriverSuiteOptions, more?: (suite: () => DriverSuite) => void): void {
  const { title, killed, freezes = true, readyWithinMs: timeout = 15_000 } = options;

  describe(title, () => {
    let lab: SchedulerLab;
    let harness: DriverHarness;
    let driver: Driver;
    let scheduler: Scheduler;
    const users: string[] = [];

    beforeAll(async () => {
      lab = await startSchedulerLab();
      harness = await options.setUp(lab);
      driver = harness.driver('ready');
      scheduler = await lab.startScheduler(driver);
    }, 300_000);
    afterEach(async () => {
      for (const userId of users.splice(0)) {
        await lab.db
          .updateTable('userVmInstances')
          .set({ status: 'terminated' })
          .where('userId', '=', userId)
          .execute();
        await driver.kill(userId);
      }
    });
    afterAll(async () => {
      await lab?.[Symbol.asyncDispose]();
      await harness?.close?.();
    });

    const someone = () => {
      const user = { userId: newId(), orgId: newId() };
      users.push(user.userId);
      return user;
    };
    const instanceOf = async (userId: string) => (await scheduler.lifecycle.peek(userId)).instance;
    async function bringUp() {
      const user = someone();
      const startedAt = Date.now();
      await scheduler.lifecycle.ensure(user);
      await expect.poll(() => instanceOf(user.userId), { timeout }).toMatchObject({ status: 'ready' });
      console.log(`${title}: bootstrap to ready in ${Date.now() - startedAt} ms`);
      return user;
    }
    /** Starts the program without a scheduler's doing. */
    const spawn = (user: { userId: string; orgId: string }, program: Program = 'idle') =>
      harness
        .driver(program)
        .spawn({ ...user, instanceId: newId(), token: 'a token', ticket: 'a ticket', force: false });

    it('become ready, with no more of the environment and the command line than they need', async () => {
      const { userId } = await bringUp();
      expect((await instanceOf(userId))?.vmId).toBe(await driver.find(userId));
      const [said = ''] = (await harness.printed(userId)).split('\n', 1);
      const { env, argv } = JSON.parse(said);
      expect(env).toEqual([...harness.environment].sort());
      expect(argv.slice(1)).toEqual(harness.arguments);
    });

    it('are one a user: the next start ends the one before, and says how that ended', async () => {
      const user = someone();
      const first = await spawn(user);
      expect(await driver.find(user.userId)).toBe(first.vmId);
      const second = await spawn(user);
      expect(await first.ended).toBe(killed);
      expect(second.vmId).not.toBe(first.vmId);
      expect(await driver.find(user.userId)).toBe(second.vmId);
    });

    it("are killed, and nothing is found then; another user's goes on", async () => {
      const [user, other] = [someone(), someone()];
      const started = await spawn(user);
      const beside = await spawn(other);
      await driver.kill(user.userId);
      expect(await started.ended).toBe(killed);
      expect(await driver.find(user.userId)).toBeNull();
      expect(await harness.stateOf(user.userId)).toBe('gone');
      await driver.kill(user.userId);
      expect(await driver.find(other.userId)).toBe(beside.vmId);
    });

    it('tell with which code they ended, and are not found any more', async () => {
      const user = someone();
      const started = await spawn(user, 'exit 3');
      expect(await started.ended).toBe('with code 3');
      expect(await driver.find(user.userId)).toBeNull();
    });

    it.runIf(freezes)(
      'freeze as they are and thaw as the same; without one there is nothing to freeze',
      async () => {
        const user = someone();
        expect(await driver.freeze(user.userId)).toBe(false);
        expect(await driver.thaw(user.userId)).toBe(false);
        const { vmId } = await spawn(user);
        expect(await driver.freeze(user.userId)).toBe(true);
        await expect.poll(() => harness.stateOf(user.userId), { timeout }).toBe('halted');
        expect(await driver.find(user.userId)).toBe(vmId);
        expect(await driver.freeze(user.userId)).toBe(true);
        expect(await driver.thaw(user.userId)).toBe(true);
        await expect.poll(() => harness.stateOf(user.userId), { timeout }).toBe('running');
        expect(await driver.find(user.userId)).toBe(vmId);
      },
    );

    it.runIf(freezes)('that are frozen can be killed and replaced', async () => {
      const user = someone();
      const first = await spawn(user);
      await driver.freeze(user.userId);
      const second = await spawn(user);
      expect(await first.ended).toBe(killed);
      await driver.freeze(user.userId);
      await driver.kill(user.userId);
      expect(await second.ended).toBe(killed);
      expect(await harness.stateOf(user.userId)).toBe('gone');
    });

    it('are back at once after a crash, as a new process of the same instance', async () => {
      const { userId } = await bringUp();
      const before = await instanceOf(userId);
      const operator = await lab.connect('operator');
      const ready = Promise.withResolvers<string>();
      operator.nc.subscribe(vmReadyMessage.filter({ user: userId }), {
        callback: (_error, message) => ready.resolve(vmReadyMessage.decode(message.data).bootId),
      });
      await operator.nc.flush();
      const crashedAt = Date.now();
      await harness.crash(userId);
      const bootId = await ready.promise;
      console.log(`${title}: ready again ${Date.now() - crashedAt} ms after a crash`);
      expect(bootId).not.toBe(before?.bootId);
      await expect
        .poll(() => instanceOf(userId), { timeout })
        .toMatchObject({ id: before?.id, status: 'ready', bootId, bootstrapAttempts: 0 });
      await expect.poll(() => driver.find(userId), { timeout }).not.toBe(before?.vmId);
    });

    it('that end before they connect leave the reason behind', async () => {
      const user = someone();
      await using _ = await swapScheduler(harness.driver('exit 3'));
      await scheduler.lifecycle.ensure(user);
      await expect
        .poll(() => instanceOf(user.userId), { timeout })
        .toMatchObject({
          status: 'provisioning',
          vmId: null,
          bootstrapLastError: 'the runtime ended before it was ready: with code 3',
        });
    });

    it('outlive their scheduler; the next one takes them over and replaces them when they die', async () => {
      const user = await bringUp();
      const before = await instanceOf(user.userId);
      await scheduler.close();
      expect(await harness.stateOf(user.userId)).toBe('running');
      scheduler = await lab.startScheduler(driver);
      const outcome = await scheduler.lifecycle.ensure(user);
      expect(outcome.decision).toEqual({ type: 'ready' });
      await harness.crash(user.userId);
      await expect
        .poll(() => instanceOf(user.userId), { timeout })
        .toMatchObject({ id: before?.id, status: 'ready', previousBootId: before?.bootId });
    });

    it('that hang are killed when they are replaced', async () => {
      const user = await bringUp();
      const before = await instanceOf(user.userId);
      await harness.hang(user.userId);
      await expect.poll(() => harness.stateOf(user.userId), { timeout }).toBe('halted');
      await scheduler.lifecycle.ensure(user, { force: true });
      await expect
        .poll(() => instanceOf(user.userId), { timeout })
        .toMatchObject({ status: 'ready', previousBootId: before?.bootId });
      expect(await driver.find(user.userId)).not.toBe(before?.vmId);
      expect(await harness.stateOf(user.userId)).toBe('running');
    });

    /** Runs another driver for a while. */
    async function swapScheduler(other: Driver): Promise<AsyncDisposable> {
      await scheduler.close();
      scheduler = await lab.startScheduler(other);
      return {
        [Symbol.asyncDispose]: async () => {
          await scheduler.close();
          scheduler = await lab.startScheduler(driver);
        },
      };
    }

    more?.(() => ({ lab, harness, someone, bringUp, instanceOf }));
  });
}
