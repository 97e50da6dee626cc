import type { Provider, ProviderName } from '@semibot/protocol';
import type { KeptSettings } from './settings-store.ts';

const ENDING_CHARACTERS = 4;
/** A shorter key is no real one, and its ending would be too much of it. */
const ENDING_OF_AT_LEAST_CHARACTERS = 16;

const endingOf = (apiKey: string): string | null =>
  apiKey.length < ENDING_OF_AT_LEAST_CHARACTERS ? null : apiKey.slice(-ENDING_CHARACTERS);

/** A provider as it is shown. Of the installation's key, which is not the organization's, nothing is. */
export function toProvider(
  name: ProviderName,
  own: Pick<KeptSettings, 'settings' | 'updatedAt'> | undefined,
  installed: { baseUrl: string; apiKey: string | null },
  toManager: boolean,
): Provider {
  const hidden = { baseUrl: null, keyEnding: null, updatedAt: null };
  if (!own) {
    const configured = installed.apiKey !== null;
    const shown = toManager ? { ...hidden, baseUrl: installed.baseUrl } : hidden;
    return { name, configured, source: configured ? 'system' : null, ...shown };
  }
  const { settings, updatedAt } = own;
  const shown = {
    baseUrl: settings?.baseUrl ?? null,
    keyEnding: settings && endingOf(settings.apiKey),
    updatedAt: updatedAt.toISOString(),
  };
  return {
    name,
    configured: settings !== null,
    source: 'organization',
    ...(toManager ? shown : hidden),
  };
}
