import { createHash } from 'node:crypto';
import type { ProviderSettings } from '@semibot/protocol';

/** How long a list is good for, and how long a provider that did not give one is left alone, in milliseconds. */
const GOOD_MS = 5 * 60_000;
const LEFT_ALONE_MS = 10_000;
const MAX_LISTS = 1_000;

interface Kept {
  until: number;
  list: Promise<string[] | null>;
}

/** The providers' own lists of models, asked for once for all who want them. */
export interface ModelLists {
  /** The list of the provider with these settings; null where it gives none. */
  of(settings: ProviderSettings): Promise<string[] | null>;
}

/** Lists that are remembered for a while. A failure to get one is told once and is null to those who asked. */
export function createModelLists(options: {
  ask(settings: ProviderSettings): Promise<string[]>;
  onFailure(error: unknown): void;
  now?: () => number;
}): ModelLists {
  const { ask, onFailure, now = Date.now } = options;
  /** The oldest first. Keys are hashed: they are nothing to keep. */
  const lists = new Map<string, Kept>();

  function begin(name: string, settings: ProviderSettings): Kept {
    const kept: Kept = {
      until: now() + GOOD_MS,
      list: ask(settings).catch((error: unknown) => {
        kept.until = now() + LEFT_ALONE_MS;
        onFailure(error);
        return null;
      }),
    };
    lists.delete(name);
    lists.set(name, kept);
    for (const oldest of lists.keys()) {
      if (lists.size <= MAX_LISTS) break;
      lists.delete(oldest);
    }
    return kept;
  }

  return {
    of(settings) {
      const { baseUrl, apiKey } = settings;
      const name = createHash('sha256')
        .update(JSON.stringify([baseUrl, apiKey]))
        .digest('base64');
      const kept = lists.get(name);
      return (kept && kept.until > now() ? kept : begin(name, settings)).list;
    },
  };
}
