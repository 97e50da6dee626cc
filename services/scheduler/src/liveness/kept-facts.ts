import { jetstreamManager } from '@nats-io/jetstream';
import type { Bus } from '@semibot/bus';
import { type MessageDefinition, vmFactKey } from '@semibot/protocol';
import type { z } from 'zod';

const STREAM = 'KV_vms';
const SUBJECT_OF_ONE = 'vm.<user>.' as const;
type FactDefinition<T extends z.ZodType> = MessageDefinition<`${typeof SUBJECT_OF_ONE}${string}`, T>;

/** The newest fact of this kind that the bus keeps of a user's runtime; null where none is kept or it ran out. */
export async function readKeptFact<T extends z.ZodType>(
  bus: Bus,
  fact: FactDefinition<T>,
  userId: string,
): Promise<z.output<T> | null> {
  const manager = await jetstreamManager(bus.nc, { checkAPI: false });
  const key = vmFactKey(fact.format({ user: userId }));
  const kept = await manager.direct.getMessage(STREAM, { last_by_subj: key });
  // An end is marked by a message without a payload.
  return kept && kept.data.length > 0 ? fact.decode(kept.data) : null;
}
