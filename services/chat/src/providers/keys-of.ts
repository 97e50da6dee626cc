import { type ProviderKeys, providerNameSchema } from '@semibot/protocol';
import type { Context } from '../context.ts';
import type { Reader } from '../database/database.ts';
import { installedProviders } from './installation.ts';
import { readSettings } from './settings-store.ts';

/**
 * The settings that an organization's runs use: its own, else the installation's. Where its own cannot be read it has
 * none: its conversations do not go to a provider that it did not choose.
 */
export async function keysOf(
  { config, box, logger }: Pick<Context, 'config' | 'box' | 'logger'>,
  db: Reader,
  orgId: string,
): Promise<ProviderKeys> {
  const keys: ProviderKeys = {};
  const installed = installedProviders(config);
  for (const name of providerNameSchema.options) {
    const { baseUrl, apiKey } = installed[name];
    if (apiKey !== null) keys[name] = { baseUrl, apiKey };
  }
  for (const { provider, settings } of await readSettings(db, box, orgId)) {
    if (settings) keys[provider] = settings;
    else {
      delete keys[provider];
      logger.error({ orgId, provider }, 'provider settings cannot be read: they must be set again');
    }
  }
  return keys;
}
