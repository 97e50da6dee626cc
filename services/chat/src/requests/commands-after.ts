import { type Asker, deadLetter, replay } from '@semibot/bus';
import {
  type Command,
  commandMessage,
  type RequestInput,
  type RequestResult,
  SemibotError,
  type Trace,
  traceFrom,
} from '@semibot/protocol';
import type { Context } from '../context.ts';
import type { Database } from '../database/database.ts';
import { traceOfRun } from '../outbox/enqueue.ts';
import type { ChatWork } from '../work.ts';

/** The command, or null for one that cannot be read: it is put aside, and hinders nobody. */
function readCommand({ bus }: Context, subject: string, sequence: number, data: Uint8Array): Command | null {
  try {
    return commandMessage.decode(data);
  } catch (error) {
    const letter = { stream: 'COMMANDS', subject, sequence, reason: SemibotError.from(error).message, data };
    void deadLetter(bus, letter).catch((cause) => bus.logger.warn({ err: cause }, 'dead letter not kept'));
    return null;
  }
}

const runIdOf = (command: Command): string | null => (command.type === 'config' ? null : command.runId);

/** In order, each with the ids of the request that its run came of. */
async function withTraces(db: Database, commands: Command[]) {
  const runIds = new Set(commands.map(runIdOf).filter((id) => id !== null));
  const rows =
    runIds.size === 0
      ? []
      : await db
          .selectFrom('runs')
          .select(['id', 'request_id', 'traceparent'])
          .where('id', 'in', [...runIds])
          .execute();
  const traces = new Map<string | null, Trace>(rows.map((row) => [row.id, traceOfRun(row)]));
  return commands
    .sort((a, b) => a.number - b.number)
    .map((command) => ({ command, trace: traces.get(runIdOf(command)) ?? traceFrom() }));
}

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
    for (const { sequence, data } of entries) {
      const command = readCommand(ctx, subject, sequence, data);
      if (command && command.bootId === input.bootId && command.number > input.number) commands.push(command);
    }
  return { commands: await withTraces(ctx.db, commands) };
}
