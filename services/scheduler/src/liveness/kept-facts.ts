import { jetstreamManager } from '@nats-io/jetstream';
import type { Bus } from '@semibot/bus';
import { type MessageDefinition, vmFactKey } from '@semibot/protocol';
import type { z } from 'zod';

const STREAM = 'KV_vms';
const SUBJECT_OF_ONE = 'vm.<user>.' as const;
type FactDefinition<T extends z.ZodType> = MessageDefinition<`${typeof SUBJECT_OF_ONE}${string}`, T>;

/** The newest fact of this kind that the bus keeps of a user's runtime; null where there is none that can be read. */
export async function readKeptFact<T extends z.ZodType>(
  bus: Bus,
  fact: FactDefinition<T>,
  userId: string,
): Promise<z.output<T> | null> {
  const manager = await jetstreamManager(bus.nc, { checkAPI: false });
  const key = vmFactKey(fact.format({ user: userId }));
  const kept = await manager.direct.getMessage(STREAM, { last_by_subj: key });
  try {
    return kept && fact.decode(kept.data);
  } catch {
    // Whoever followed it has put it aside.
    return null;
  }
}
