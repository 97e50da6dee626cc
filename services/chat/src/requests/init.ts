import type { Asker } from '@semibot/bus';
import type { RequestInput, RequestResult } from '@semibot/protocol';
import { tellKeys } from '../providers/tell-keys.ts';
import type { ChatWork } from '../work.ts';

/** Who the runtime works for, where its commands begin, and the provider keys, sealed so that only it can read them. */
export async function init(
  { ctx }: ChatWork,
  input: RequestInput<'init'>,
  { userId }: Asker,
): Promise<RequestResult<'init'>> {
  return { userId, ...(await tellKeys(ctx, userId, input)) };
}
