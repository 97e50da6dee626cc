import { z } from 'zod';

/** A subject token: letters, digits, `_` and `-`, so that it can stand between dots in a NATS subject. */
export const tokenSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1..64 letters, digits, "_" or "-"');

/** The id of anything kept in PostgreSQL: a lower-case UUID, which is also a subject token. */
export const idSchema = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'must be a UUID');

/** A fresh random id. Random, because message ids made of it deduplicate stream-wide and must not be guessable. */
export const newId = (): string => crypto.randomUUID();

/** Stands in a subject where a user-level message has no session. */
export const NO_SESSION = '_';
