import type { EventBody, RequestResult } from '@semibot/protocol';
import type { Said, Steering } from '../runs/said.ts';

/** What a run is to do: the conversation with the message to answer at its end, the agent and its model. */
export type RunContext = Omit<RequestResult<'get_run'>, 'nextPage'>;

/** The side of a run that its adapter works with. */
export interface RunDesk {
  readonly context: RunContext;
  /** What the run's completed steps have said: not empty where the run is taken up again. */
  readonly said: readonly Said[];
  /** Aborts when the run is to stop now, for whatever reason. */
  readonly signal: AbortSignal;
  /** Writes the run's next event. */
  emit(body: EventBody): void;
  /** Resolves when there is room for more; rejects when the run is to stop. */
  writable(): Promise<void>;
  /** To be called before each step: from here the run goes on after a crash. Rejects when the run is to stop. */
  checkpoint(said: readonly Said[]): Promise<void>;
  /** The steering messages that the model has not been given yet, with the turns or with these, in their order. */
  steering(said: readonly Said[]): Steering[];
}

/** An agent runtime: everything that differs between one runtime type and another. */
export interface Adapter {
  /**
   * Answers the message at the end of the conversation, and resolves with all that was said once the answer is
   * whole. Throws the signal's reason when stopped, and the error with which the run is to end.
   */
  handleUserMessage(desk: RunDesk): Promise<Said[]>;
}

/** The adapter of a runtime type; throws RUNTIME_TYPE_UNKNOWN, and never gives another type's instead. */
export type FindAdapter = (runtimeType: string) => Adapter;
