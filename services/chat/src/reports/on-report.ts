import { type Delivery, done, type Outcome, reject, retry } from '@semibot/bus';
import { idSchema, runFinishedMessage } from '@semibot/protocol';
import { runInContext } from '@semibot/service';
import { finishRun } from '../runs/finish-run.ts';
import type { ChatWork } from '../work.ts';

/** A log that was not read far enough is read again this soon, in milliseconds. */
const BEHIND_RETRY_MS = 100;

/** A runtime's report: handled once, whatever happens on the way. */
export async function onReport(work: ChatWork, { subject, data, trace }: Delivery): Promise<Outcome> {
  const where = runFinishedMessage.parse(subject);
  if (!where) return reject(`no report that chat knows: ${subject}`);
  const report = runFinishedMessage.decode(data);
  const { user: userId, session: sessionId } = where;
  return await runInContext({ ...trace, userId, sessionId, runId: report.runId }, async () => {
    if (!idSchema.safeParse(userId).success || !idSchema.safeParse(sessionId).success)
      return reject('the subject names no user and session');
    const run = await work.ctx.db
      .selectFrom('runs')
      .select('id')
      .where('id', '=', report.runId)
      .where('user_id', '=', userId)
      .where('session_id', '=', sessionId)
      .executeTakeFirst();
    if (!run) return reject('the run is not of this user and session');
    const finished = await finishRun(work, {
      runId: report.runId,
      generation: report.generation,
      ending: report.outcome,
      eventsAtLeast: report.nextIndex,
      steeredBy: report.steeredBy,
    });
    if (finished === 'stale')
      work.ctx.logger.info(
        { generation: report.generation },
        'report of a runtime that lost the run, passed over',
      );
    return finished === 'behind' ? retry(BEHIND_RETRY_MS) : done;
  });
}
