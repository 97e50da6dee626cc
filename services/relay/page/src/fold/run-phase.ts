import type { Message, Run, SessionEvent } from '@semibot/protocol';

/** Where a run is, as its log tells it. */
export type RunPhase =
  | { name: 'queued' }
  /** Its runtime is being brought up; `state` is the scheduler's word for how far it is. */
  | { name: 'starting'; state: string }
  | { name: 'running' }
  | { name: 'lost'; reason: string }
  /** The runtime is back, and nothing has been said since. */
  | { name: 'recovered' }
  | { name: 'completed' }
  | { name: 'cancelled' }
  /** `code` is null where only history tells of the failure, and history keeps no code. */
  | { name: 'failed'; code: string | null; message: string | null; retryAfterMs: number | null };

const ENDED: readonly RunPhase['name'][] = ['completed', 'cancelled', 'failed'];

export const hasEnded = (phase: RunPhase): boolean => ENDED.includes(phase.name);

/** The phase after one more event; the same object where it stays. A run that has ended stays ended. */
export function phaseAfter(phase: RunPhase, event: SessionEvent): RunPhase {
  if (hasEnded(phase)) return phase;
  switch (event.type) {
    case 'user_message':
    case 'step_restarted':
    case 'usage':
      return phase;
    case 'runtime_pending':
      return { name: 'starting', state: event.state };
    case 'runtime_lost':
      return { name: 'lost', reason: event.reason };
    case 'runtime_recovered':
      return { name: 'recovered' };
    case 'execution_complete':
      return { name: event.cancelled ? 'cancelled' : 'completed' };
    case 'execution_error': {
      const { code, message, retryAfterMs = null } = event;
      return { name: 'failed', code, message, retryAfterMs };
    }
    default:
      return phase.name === 'running' ? phase : { name: 'running' };
  }
}

/** The phase of a run that the log no longer tells of, by its saved answer. */
export function phaseOfMessage(message: Message): RunPhase {
  if (message.status === 'failed') return { name: 'failed', code: null, message: null, retryAfterMs: null };
  return { name: message.status === 'cancelled' ? 'cancelled' : 'completed' };
}

/** The phase of a run by what the API says of it. */
export function phaseOfRun(run: Run): RunPhase {
  if (run.status !== 'failed') return { name: run.status };
  const { code = null, message = null } = run.error ?? {};
  return { name: 'failed', code, message, retryAfterMs: null };
}
