import type { Asker } from '@semibot/bus';
import type { RequestInput, RequestResult } from '@semibot/protocol';
import { readRunLog } from '../runs/read-run-log.ts';
import type { ChatWork } from '../work.ts';
import { leasedRun, loggedRun } from './leased-run.ts';

/**
 * Where the log stands for the run's writer. The lease is looked at after the log was read: whoever lost it meanwhile
 * is told so, and whoever still has it gets a position that nobody else could have moved on unseen.
 */
export async function logTail(
  { ctx }: ChatWork,
  input: RequestInput<'log_tail'>,
  asker: Asker,
): Promise<RequestResult<'log_tail'>> {
  const run = await leasedRun(ctx.db, input, asker);
  const { fold, sequence, landed } = await readRunLog(ctx, loggedRun(run), input.messageId);
  await leasedRun(ctx.db, input, asker);
  return { position: { sequence, nextIndex: fold.nextIndex }, landed };
}
