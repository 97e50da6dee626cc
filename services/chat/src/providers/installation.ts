import type { ProviderName } from '@semibot/protocol';
import type { Config } from '../config.ts';

/** What comes with this installation, where an organization has set nothing of its own. */
interface Installed {
  baseUrl: string;
  /** Null: an organization must bring its own. */
  apiKey: string | null;
}

/** The installation's settings of each provider, from the environment. */
export const installedProviders = (config: Config): Record<ProviderName, Installed> => ({
  'openai-compatible': { baseUrl: config.OPENAI_BASE_URL, apiKey: config.OPENAI_API_KEY ?? null },
});
