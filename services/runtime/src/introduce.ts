import { setTimeout as delay } from 'node:timers/promises';
import type { Requester } from '@semibot/bus';
import { type RequestResult, SemibotError } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import { abortable } from './abortable.ts';

const RETRY_MS = 1_000;

/**
 * Tells chat of this process and learns where its commands begin, for as long as it takes. Throws the signal's reason
 * when aborted, and FORBIDDEN where chat knows the user by another organization than this process was started for.
 */
export async function introduce(options: {
  requester: Requester;
  userId: string;
  orgId: string;
  bootId: string;
  curveKey: string;
  signal: AbortSignal;
  logger: Logger;
}): Promise<RequestResult<'init'>> {
  const { requester, userId, orgId, bootId, curveKey, signal, logger } = options;
  for (;;) {
    try {
      const known = await abortable(requester.request('init', null, { bootId, curveKey }), signal);
      if (known.userId === userId && known.orgId === orgId) return known;
    } catch (error) {
      signal.throwIfAborted();
      logger.warn({ err: error }, 'cannot introduce this runtime, trying again');
      await delay(RETRY_MS, undefined, { signal });
      continue;
    }
    throw new SemibotError('FORBIDDEN', { message: 'This runtime was started for another organization.' });
  }
}
