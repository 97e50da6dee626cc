import {
  type ProviderName,
  type ProviderSettings,
  providerNameSchema,
  providerSettingsSchema,
} from '@semibot/protocol';
import type { Reader, Tx } from '../database/database.ts';
import type { ProviderKeyRow } from '../database/tables.ts';
import type { SecretBox } from './secret-box.ts';

/** An organization's own settings of a provider. */
export interface KeptSettings {
  provider: ProviderName;
  /** Null where they cannot be read: the secret key is another one, or the row is not what was written. */
  settings: ProviderSettings | null;
  updatedAt: Date;
}

/** Where a row's content belongs; it opens nowhere else. */
const placeOf = (orgId: string, provider: string): string[] => [orgId, provider];

function openRow(box: SecretBox, row: ProviderKeyRow): ProviderSettings | null {
  const text = box.open(
    { keyId: row.key_id, nonce: row.nonce, sealed: row.sealed },
    placeOf(row.org_id, row.provider),
  );
  if (text === null) return null;
  const settings = providerSettingsSchema.safeParse(JSON.parse(text));
  return settings.success ? settings.data : null;
}

const toColumns = (box: SecretBox, orgId: string, provider: string, settings: ProviderSettings) => {
  const { keyId, nonce, sealed } = box.seal(JSON.stringify(settings), placeOf(orgId, provider));
  return { key_id: keyId, nonce, sealed };
};

/** All that the organization has set; a provider that this version does not know is passed over. */
export async function readSettings(db: Reader, box: SecretBox, orgId: string): Promise<KeptSettings[]> {
  const rows = await db.selectFrom('provider_keys').selectAll().where('org_id', '=', orgId).execute();
  return rows.flatMap((row) => {
    const provider = providerNameSchema.safeParse(row.provider);
    if (!provider.success) return [];
    return [{ provider: provider.data, settings: openRow(box, row), updatedAt: row.updated_at }];
  });
}

/** Sets them anew, encrypted. */
export async function writeSettings(
  tx: Tx,
  box: SecretBox,
  kept: { orgId: string; provider: ProviderName; settings: ProviderSettings; by: string },
): Promise<void> {
  const { orgId, provider, settings, by } = kept;
  const columns = {
    ...toColumns(box, orgId, provider, settings),
    updated_by: by,
    updated_at: new Date(),
  };
  await tx
    .insertInto('provider_keys')
    .values({ org_id: orgId, provider, ...columns })
    .onConflict((conflict) => conflict.columns(['org_id', 'provider']).doUpdateSet(columns))
    .execute();
}

/** Forgets them; false where there were none. */
export async function removeSettings(tx: Tx, orgId: string, provider: ProviderName): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('provider_keys')
    .where('org_id', '=', orgId)
    .where('provider', '=', provider)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Rows encrypted again in one go. */
const BATCH = 100;

/**
 * Encrypts again, under the key in force, what is under the one before it. Gives how many rows that was: 0 when
 * nothing is left, and the previous key can be forgotten.
 */
export async function renewSettings(db: Reader, box: SecretBox): Promise<number> {
  if (box.previousKeyId === null || box.previousKeyId === box.keyId) return 0;
  const rows = await db
    .selectFrom('provider_keys')
    .selectAll()
    .where('key_id', '=', box.previousKeyId)
    .limit(BATCH)
    .execute();
  let renewed = 0;
  for (const row of rows) {
    const settings = openRow(box, row);
    if (!settings) continue;
    const { numUpdatedRows } = await db
      .updateTable('provider_keys')
      .set(toColumns(box, row.org_id, row.provider, settings))
      .where('org_id', '=', row.org_id)
      .where('provider', '=', row.provider)
      // Unless it was set anew meanwhile.
      .where('nonce', '=', row.nonce)
      .executeTakeFirst();
    renewed += Number(numUpdatedRows);
  }
  return renewed;
}
