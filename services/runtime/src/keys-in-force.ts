import { setTimeout as delay } from 'node:timers/promises';
import type { Requester } from '@semibot/bus';
import { type ProviderKeys, SemibotError, type Trace } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import { abortable } from './abortable.ts';
import type { KeyRing } from './provider-keys.ts';

/** The providers' keys as they are now, though they may change while this process runs. */
export interface KeysInForce {
  /** They have changed: whoever wants them from now on waits for the new ones. */
  renew(trace: Trace): void;
  /** Resolves when no change that is known of is still to be asked for. Rejects once this is closed. */
  current(): Promise<ProviderKeys>;
  close(): void;
}

const RETRY_MS = 1_000;

/** Keeps the ring's keys in force, by asking chat for them when it says that they have changed. */
export function createKeysInForce(options: {
  ring: KeyRing;
  requester: Requester;
  bootId: string;
  logger: Logger;
}): KeysInForce {
  const { ring, requester, bootId, logger } = options;
  const closed = new AbortController();
  let renewal: Promise<void> = Promise.resolve();
  let newest = 0;

  async function ask(trace: Trace): Promise<void> {
    const asked = requester.request('get_keys', null, { bootId, curveKey: ring.curveKey }, { trace });
    const { sealedKeys } = await abortable(asked, closed.signal);
    ring.unseal(sealedKeys);
    logger.info('provider keys renewed');
  }

  async function askUntilTold(trace: Trace): Promise<void> {
    for (;;) {
      try {
        return await ask(trace);
      } catch (error) {
        closed.signal.throwIfAborted();
        if (SemibotError.from(error).status < 500) {
          // Asking again would not help, and keys that are known to be old are not used on.
          logger.error({ err: error }, 'cannot renew the provider keys, going on without any');
          return ring.forget();
        }
        logger.warn({ err: error }, 'cannot renew the provider keys, asking again');
        await delay(RETRY_MS, undefined, { signal: closed.signal });
      }
    }
  }

  return {
    renew(trace) {
      newest += 1;
      const number = newest;
      renewal = renewal.then(() => (number === newest ? askUntilTold(trace) : undefined));
      // Those who wait are told; nobody need be waiting.
      renewal.catch(() => {});
    },
    async current() {
      for (;;) {
        const known = renewal;
        await known;
        if (known === renewal) return ring.keys();
      }
    },
    close: () => closed.abort(),
  };
}
