import type { Trace } from '@semibot/protocol';
import type { Tx } from '../database/database.ts';
import { enqueueConfig } from '../outbox/enqueue.ts';

/**
 * Decides, in the transaction that changes an organization's keys, that its runtimes hear of it: those that take
 * orders now by a command, the others when they are ready. Gives the users whose outbox is to be sent.
 */
export async function announceChange(tx: Tx, orgId: string, trace: Trace): Promise<string[]> {
  // Everyone who locks several channels does it in this order.
  const channels = await tx
    .selectFrom('runtime_channels')
    .innerJoin('users', 'users.id', 'runtime_channels.user_id')
    .select(['runtime_channels.user_id', 'runtime_channels.boot_id'])
    .where('users.org_id', '=', orgId)
    .orderBy('runtime_channels.user_id')
    .forUpdate('runtime_channels')
    .execute();
  if (channels.length === 0) return [];
  const userIds = channels.map(({ user_id }) => user_id);
  await tx
    .updateTable('runtime_channels')
    .set({ keys_boot_id: null })
    .where('user_id', 'in', userIds)
    .execute();
  const told = channels.filter(({ boot_id }) => boot_id !== null).map(({ user_id }) => user_id);
  await enqueueConfig(tx, told, trace);
  return told;
}
