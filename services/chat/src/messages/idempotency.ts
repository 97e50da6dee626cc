import type { z } from 'zod';
import type { Tx } from '../database/database.ts';

/** The key's first user locks it until its answer is there; whoever comes with it later waits, and gets that answer. */
export async function claimKey(tx: Tx, userId: string, key: string): Promise<boolean> {
  const claimed = await tx
    .insertInto('idempotency_keys')
    .values({ user_id: userId, key, answer: JSON.stringify({}) })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return claimed.numInsertedOrUpdatedRows === 1n;
}

/** Keeps the answer under the key that this transaction has claimed. */
export async function keepAnswer(tx: Tx, userId: string, key: string, answer: object): Promise<void> {
  await tx
    .updateTable('idempotency_keys')
    .set({ answer: JSON.stringify(answer) })
    .where('user_id', '=', userId)
    .where('key', '=', key)
    .execute();
}

/** The answer that a key got. */
export async function keptAnswer<T extends z.ZodType>(
  tx: Tx,
  userId: string,
  key: string,
  schema: T,
): Promise<z.output<T>> {
  const { answer } = await tx
    .selectFrom('idempotency_keys')
    .select('answer')
    .where('user_id', '=', userId)
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  return schema.parse(answer);
}
