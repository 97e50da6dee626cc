/** An active run, as far as it matters for what is next. */
export interface ActiveRun {
  id: string;
  status: 'queued' | 'running';
  /** The runtime process that has it; null while it waits for one. */
  bootId: string | null;
  cancelRequested: boolean;
}

export type Step =
  | { type: 'none' }
  /** Its runtime is no more: shut it out of the log. */
  | { type: 'take-back'; runId: string }
  /** Hand it to the runtime that takes orders now. */
  | { type: 'lease'; runId: string }
  /** Nobody works on it and it was stopped: end it here. */
  | { type: 'end-cancelled'; runId: string };

/**
 * What is next in a session: one run at a time, in order, each with the runtime that takes orders now.
 * `active` are the session's queued and running runs, oldest first.
 */
export function nextStep(active: readonly ActiveRun[], bootId: string | null): Step {
  const running = active.find((run) => run.status === 'running');
  if (running && running.bootId !== null)
    return running.bootId === bootId ? { type: 'none' } : { type: 'take-back', runId: running.id };
  const stopped = active.find((run) => run.cancelRequested);
  if (stopped) return { type: 'end-cancelled', runId: stopped.id };
  const first = running ?? active[0];
  if (!first || bootId === null) return { type: 'none' };
  return { type: 'lease', runId: first.id };
}
