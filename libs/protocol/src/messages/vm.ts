import { z } from 'zod';
import { defineMessage } from '../define-message.ts';
import { idSchema, tokenSchema } from '../ids.ts';

const fact = {
  /** The instance in the scheduler's books. */
  instanceId: idSchema,
  /** The process: every start of a runtime has its own. */
  bootId: tokenSchema,
  time: z.iso.datetime(),
};

/** The runtime follows its orders and can be given runs. Said again after each reconnect. */
export const vmReadyMessage = defineMessage({
  name: 'vmReady',
  subject: 'vm.<user>.ready',
  schema: z.object(fact),
  from: ['runtime'],
  to: ['scheduler', 'chat', 'people'],
  stream: 'KV_vms',
  description: 'The runtime follows its orders and can be given runs. Said again after each reconnect.',
});

/** The runtime is alive; its key has a TTL, so that no key tells that the heartbeat ran out. */
export const vmHeartbeatMessage = defineMessage({
  name: 'vmHeartbeat',
  subject: 'vm.<user>.heartbeat',
  schema: z.object({
    ...fact,
    activeRuns: z.int().nonnegative(),
    /** For how long it has had no run, in milliseconds; 0 while it has one. */
    idleMs: z.int().nonnegative().default(0),
  }),
  from: ['runtime'],
  to: ['scheduler', 'people'],
  stream: 'KV_vms',
  description:
    'The runtime is alive. Its key has a TTL: where there is none any more, the heartbeat ran out.',
});

/** The scheduler's word that this process sleeps: it takes no orders until it is woken, or replaced. */
export const vmFrozenMessage = defineMessage({
  name: 'vmFrozen',
  subject: 'vm.<user>.frozen',
  schema: z.object({ ...fact, reason: z.string() }),
  from: ['scheduler'],
  to: ['chat', 'people'],
  stream: 'KV_vms',
  description:
    'This runtime process was idle and sleeps. It takes no orders until it is ready again; whoever needs it asks the scheduler.',
});

/** The scheduler's word that this process is no more, or no longer counts. */
export const vmGoneMessage = defineMessage({
  name: 'vmGone',
  subject: 'vm.<user>.gone',
  schema: z.object({ ...fact, reason: z.string() }),
  from: ['scheduler'],
  to: ['chat', 'people'],
  stream: 'KV_vms',
  description: 'This runtime process is no more, or no longer counts: its runs go to the next one.',
});

/** A runtime's question for a newer token, for its next reconnect. */
export const renewTokenMessage = defineMessage({
  name: 'renewToken',
  subject: 'tokens.<user>.renew',
  schema: z.object({ instanceId: idSchema, bootId: tokenSchema }),
  from: ['runtime'],
  to: ['scheduler'],
  stream: null,
  description:
    'A runtime that is on the bus asks for a newer token; the answer is {ok: true, result: {token, expiresInMs}} or {ok: false, error}.',
});

/** The answer's result. */
export const renewedTokenSchema = z.object({ token: z.string().min(1), expiresInMs: z.int().positive() });

/** The subject in the KV bucket under which the server keeps what is published on `vm.<user>.<fact>`. */
export const vmFactKey = (subject: string): string => subject.replace(/^vm\./, '$KV.vms.');
export const vmFactSubject = (key: string): string => key.replace(/^\$KV\.vms\./, 'vm.');
