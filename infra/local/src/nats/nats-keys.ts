import { createAccount, createUser, type KeyPair } from '@nats-io/nkeys';
import { z } from 'zod';

const pairSchema = z.object({ publicKey: z.string(), seed: z.string() });

/** Everyone with a place of their own in the server's configuration: an nkey each. */
export const natsKeysSchema = z.object({
  relay: pairSchema,
  chat: pairSchema,
  scheduler: pairSchema,
  /** The set-up job: may create and change streams. */
  setup: pairSchema,
  /** A person who looks after the system: reads everything. */
  operator: pairSchema,
  /** The command line for runtimes: may ask the scheduler about them. */
  vmOperator: pairSchema,
  /** The scheduler's connection to the system account. */
  sys: pairSchema,
  /** The scheduler's connection on which it answers the auth callout. */
  auth: pairSchema,
  /** The account key that signs what the auth callout answers. */
  calloutIssuer: pairSchema,
});
/** Each user's public key and seed; the seeds are secrets. */
export type NatsKeys = z.infer<typeof natsKeysSchema>;

/** Makes a new key pair for everyone. */
export function generateNatsKeys(): NatsKeys {
  const user = () => pairOf(createUser());
  return {
    relay: user(),
    chat: user(),
    scheduler: user(),
    setup: user(),
    operator: user(),
    vmOperator: user(),
    sys: user(),
    auth: user(),
    calloutIssuer: pairOf(createAccount()),
  };
}

const pairOf = (key: KeyPair): NatsKeys['relay'] => ({
  publicKey: key.getPublicKey(),
  seed: new TextDecoder().decode(key.getSeed()),
});
