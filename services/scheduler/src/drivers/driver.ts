import type { DriverMode } from '../domain/instance.ts';

/** Whom to start a runtime for, and with what. */
export interface RuntimeStart {
  userId: string;
  orgId: string;
  instanceId: string;
  token: string;
  ticket: string;
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
   * Starts the user's runtime, after ending whatever is left of an older one. Resolves when it is on its way to the
   * bus; rejects, with a reason for people, where it could not be started.
   */
  spawn(start: RuntimeStart): Promise<StartedRuntime>;
  /** What the user's runtime is called, if one runs; one that an earlier scheduler started counts. */
  find(userId: string): Promise<string | null>;
  /** Ends the user's runtime, if one runs. */
  kill(userId: string): Promise<void>;
}
