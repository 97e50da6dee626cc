import { createCurve } from '@nats-io/nkeys';
import type { Asker } from '@semibot/bus';
import { type ProviderKeys, type RequestResult, SemibotError } from '@semibot/protocol';
import type { ChatWork } from '../work.ts';

/** Who the runtime works for, where its commands begin, and the provider keys, sealed so that only it can read them. */
export async function init(
  { ctx }: ChatWork,
  input: { curveKey: string },
  { userId }: Asker,
): Promise<RequestResult<'init'>> {
  const user = await ctx.db
    .selectFrom('users')
    .innerJoin('runtime_channels', 'runtime_channels.user_id', 'users.id')
    .select(['users.org_id', 'runtime_channels.command_number'])
    .where('users.id', '=', userId)
    .where('users.deleted_at', 'is', null)
    .executeTakeFirst();
  if (!user) throw new SemibotError('NOT_FOUND');
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl } = ctx.config;
  const keys: ProviderKeys = apiKey ? { 'openai-compatible': { baseUrl, apiKey } } : {};
  const sender = createCurve();
  const sealed = sender.seal(new TextEncoder().encode(JSON.stringify(keys)), input.curveKey);
  return {
    userId,
    orgId: user.org_id,
    commandNumber: user.command_number,
    sealedKeys: { data: Buffer.from(sealed).toString('base64'), from: sender.getPublicKey() },
  };
}
