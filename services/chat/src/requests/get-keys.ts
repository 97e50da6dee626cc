import type { Asker } from '@semibot/bus';
import type { RequestInput, RequestResult } from '@semibot/protocol';
import { tellKeys } from '../providers/tell-keys.ts';
import type { ChatWork } from '../work.ts';

/** The provider keys in force now, sealed so that only the asking runtime can read them. */
export async function getKeys(
  { ctx }: ChatWork,
  input: RequestInput<'get_keys'>,
  { userId }: Asker,
): Promise<RequestResult<'get_keys'>> {
  const { sealedKeys } = await tellKeys(ctx, userId, input);
  return { sealedKeys };
}
