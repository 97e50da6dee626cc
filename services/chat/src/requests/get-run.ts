import type { Asker } from '@semibot/bus';
import { limits, type RequestInput, type RequestResult, type Turn } from '@semibot/protocol';
import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import type { RunRow } from '../database/tables.ts';
import { readRunLog } from '../runs/read-run-log.ts';
import type { ChatWork } from '../work.ts';
import { leasedRun, loggedRun } from './leased-run.ts';

/** The branch that ends in the run's latest message, oldest first. What steers the run counts as heard from here on. */
async function readTurns(db: Database, run: RunRow): Promise<Turn[]> {
  await db
    .updateTable('messages')
    .set({ steered_at: new Date() })
    .where('run_id', '=', run.id)
    .where('role', '=', 'user')
    .where('steered_at', 'is', null)
    .execute();
  const { rows } = await sql<Turn>`
    WITH RECURSIVE branch AS (
      (SELECT id, parent_id, role, text, 1 AS depth FROM messages
        WHERE run_id = ${run.id} AND role = 'user' ORDER BY ordinal DESC LIMIT 1)
      UNION ALL
      SELECT m.id, m.parent_id, m.role, m.text, b.depth + 1 FROM messages m
        JOIN branch b ON m.id = b.parent_id WHERE b.depth < ${limits.CONTEXT_MAX_MESSAGES}
    )
    SELECT id AS "messageId", role, text FROM branch ORDER BY depth DESC`.execute(db);
  return rows;
}

/** Cuts the turns into pages that each fit into one answer. */
export function pagesOf(turns: readonly Turn[], maxBytes: number): Turn[][] {
  const pages: Turn[][] = [];
  let room = 0;
  for (const turn of turns) {
    const bytes = Buffer.byteLength(JSON.stringify(turn));
    const page = pages.at(-1);
    if (page && bytes <= room) page.push(turn);
    else {
      pages.push([turn]);
      room = maxBytes;
    }
    room -= bytes;
  }
  return pages;
}

const today = (): string => new Date().toISOString().slice(0, 10);

/** All that a run needs, a page of the conversation at a time. */
export async function getRun(
  { ctx }: ChatWork,
  input: RequestInput<'get_run'>,
  asker: Asker,
): Promise<RequestResult<'get_run'>> {
  const run = await leasedRun(ctx.db, input, asker);
  const agent = await ctx.db
    .selectFrom('agents')
    .innerJoin('sessions', 'sessions.agent_id', 'agents.id')
    .select(['agents.name', 'agents.system_prompt', 'agents.model', 'sessions.runtime_type'])
    .where('sessions.id', '=', run.session_id)
    .executeTakeFirstOrThrow();
  const { fold, sequence } = await readRunLog(ctx, loggedRun(run));
  const pages = pagesOf(await readTurns(ctx.db, run), limits.CONTEXT_PAGE_MAX_BYTES);
  const hasNext = input.page + 1 < pages.length;
  return {
    position: { sequence, nextIndex: fold.nextIndex },
    resumed: run.generation > 1,
    runtimeType: agent.runtime_type ?? 'semigraph',
    agentName: agent.name,
    systemPrompt: `${agent.system_prompt}\n\nToday is ${today()}.`.trim(),
    model: agent.model,
    turns: pages[input.page] ?? [],
    nextPage: hasNext ? input.page + 1 : null,
  };
}
