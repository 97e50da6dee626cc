import type { DriverMode } from '../domain/instance.ts';

/** Whom to start a runtime for, and with what. */
export interface RuntimeStart {
  userId: string;
  orgId: string;
  instanceId: string;
  token: string;
  ticket: string;
  /** Whatever runs of an older one must end, because it hangs or a person wants a new one. */
  force: boolean;
}

/** A runtime that was started. */
export interface StartedRuntime {
  /** What the driver calls it. */
  vmId: string;
  /** Resolves when it ends, with how in words for people. Never, where the driver cannot tell. */
  ended: Promise<string>;
}

/** A way to run runtimes: one a user at a time. */
export interface Driver {
  readonly mode: DriverMode;
  /**
   * Whether `find` tells what runs. Where it cannot, as for a machine of the user's own, what is on the bus is all
   * that is known, and whatever was started counts as running.
   */
  readonly sees: boolean;
  /**
   * Starts the user's runtime, after ending whatever is left of an older one. Resolves when it is on its way to the
   * bus; rejects, with a reason for people, where it could not be started.
   */
  spawn(start: RuntimeStart): Promise<StartedRuntime>;
  /** What the user's runtime is called, if one runs; one that an earlier scheduler started counts. */
  find(userId: string): Promise<string | null>;
  /**
   * How the user's runtime of this name ended, where that can still be told of one that nobody has watched; null where
   * not. Drivers that never can do without.
   */
  howEnded?(userId: string, vmId: string): Promise<string | null>;
  /** Ends the user's runtime, if one runs. One that is frozen too. */
  kill(userId: string): Promise<void>;
  /** Halts the user's runtime as it is, so that it costs no CPU. False where the driver cannot, or none runs. */
  freeze(userId: string): Promise<boolean>;
  /** Lets a frozen runtime go on. False where there is none that can go on: it must be started anew. */
  thaw(userId: string): Promise<boolean>;
}
