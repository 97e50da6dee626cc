import type { Connection } from '../domain/instance.ts';
import type { VmClaims } from './vm-token.ts';

/** A runtime, let in as itself. */
export interface AdmittedRuntime {
  as: 'runtime';
  claims: VmClaims;
  connection: Connection;
  /** The same process was in before. */
  returned: boolean;
}

/** A person with the nats CLI. */
export interface AdmittedPerson {
  as: 'person';
  userId: string;
  expiresAt: Date;
}

/** `reason` is for the books, `answer` for the one at the door; the ids are those of a token that is genuine. */
export interface Refusal {
  as: 'nobody';
  answer: string;
  reason: string;
  userId: string | null;
  instanceId: string | null;
}

/** What came of someone at the door. */
export type Admission = AdmittedRuntime | AdmittedPerson | Refusal;

export const refusal = (
  answer: string,
  reason: string,
  known: { userId?: string; instanceId?: string } = {},
): Refusal => ({
  as: 'nobody',
  answer,
  reason,
  userId: known.userId ?? null,
  instanceId: known.instanceId ?? null,
});
