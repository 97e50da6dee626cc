import { type Asker, replay } from '@semibot/bus';
import {
  type Command,
  commandMessage,
  type RequestInput,
  type RequestResult,
  SemibotError,
} from '@semibot/protocol';
import type { ChatWork } from '../work.ts';

/** The commands for this runtime process above a number, in order; what is still on its way out is sent first. */
export async function commandsAfter(
  { ctx, outbox }: ChatWork,
  input: RequestInput<'commands_after'>,
  { userId }: Asker,
): Promise<RequestResult<'commands_after'>> {
  await outbox.flush(userId);
  const channel = await ctx.db
    .selectFrom('runtime_channels')
    .select(['boot_id', 'boot_sequence'])
    .where('user_id', '=', userId)
    .executeTakeFirst();
  if (!channel) throw new SemibotError('NOT_FOUND');
  // Chat has not heard of this process yet: nothing is addressed to it.
  if (channel.boot_id !== input.bootId) return { commands: [] };
  const commands: Command[] = [];
  const subject = commandMessage.filter({ user: userId });
  for await (const entries of replay(ctx.replayer, 'COMMANDS', subject, channel.boot_sequence))
    for (const { data } of entries) {
      const command = commandMessage.decode(data);
      if (command.bootId === input.bootId && command.number > input.number) commands.push(command);
    }
  return { commands: commands.sort((a, b) => a.number - b.number) };
}
