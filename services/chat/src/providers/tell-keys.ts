import { createCurve } from '@nats-io/nkeys';
import { type ProviderKeys, type SealedKeys, SemibotError } from '@semibot/protocol';
import type { Context } from '../context.ts';
import { keysOf } from './keys-of.ts';

/** Sealed by a key that is used once, so that only the owner of the curve key reads them. */
function sealTo(curveKey: string, keys: ProviderKeys): SealedKeys {
  const sender = createCurve();
  const sealed = sender.seal(new TextEncoder().encode(JSON.stringify(keys)), curveKey);
  return { data: Buffer.from(sealed).toString('base64'), from: sender.getPublicKey() };
}

/**
 * The keys in force for a user's runtime process, and where its commands stand. The user's channel is held meanwhile
 * and remembers who was told: a change of the keys comes before, and is told here, or after, and is told by a command.
 * NOT_FOUND where there is no such user.
 */
export async function tellKeys(
  ctx: Context,
  userId: string,
  { bootId, curveKey }: { bootId: string; curveKey: string },
): Promise<{ orgId: string; commandNumber: number; sealedKeys: SealedKeys }> {
  return await ctx.db.transaction().execute(async (tx) => {
    const channel = await tx
      .updateTable('runtime_channels')
      .from('users')
      .set({ keys_boot_id: bootId })
      .whereRef('users.id', '=', 'runtime_channels.user_id')
      .where('users.id', '=', userId)
      .where('users.deleted_at', 'is', null)
      .returning(['users.org_id', 'runtime_channels.command_number'])
      .executeTakeFirst();
    if (!channel) throw new SemibotError('NOT_FOUND');
    const keys = await keysOf(ctx, tx, channel.org_id);
    return {
      orgId: channel.org_id,
      commandNumber: channel.command_number,
      sealedKeys: sealTo(curveKey, keys),
    };
  });
}
