import { callRoute } from '@semibot/bus';
import { ensureVm, traceFrom } from '@semibot/protocol';
import type { Context } from '../context.ts';
import type { Tx } from '../database/database.ts';
import type { RunRow } from '../database/tables.ts';
import { enqueueConfig, enqueueEvent, traceOfRun } from '../outbox/enqueue.ts';
import type { Outbox } from '../outbox/flush.ts';
import { type Advanced, advanceSession, lockSession } from '../runs/advance-session.ts';
import { finishRun } from '../runs/finish-run.ts';
import { failureOf } from './unavailable.ts';

/** Brings runs and runtimes together. */
export interface Dispatcher {
  /** Sees to it that the user's runtime comes for what waits; returns at once. */
  nudge(userId: string): void;
  /** This process takes the user's orders from now on: what waits, or was in other hands, goes to it. */
  runtimeReady(userId: string, bootId: string): Promise<void>;
  /** This process takes no orders any more: what it had is taken back. */
  runtimeGone(userId: string, bootId: string): Promise<void>;
  /** Does what is next in each of the user's sessions. */
  advanceUser(userId: string): Promise<void>;
  /** Nudges for everyone for whom something waits. */
  sweep(): Promise<void>;
}

/** How soon a runtime that is not ready is asked after again, in milliseconds. */
const ASK_AGAIN_MIN_MS = 500;
const ASK_AGAIN_MAX_MS = 2_000;
const ENSURE_TIMEOUT_MS = 5_000;

type VmState = { status: string; retryAfterMs: number };

export function createDispatcher(ctx: Context, outbox: Outbox): Dispatcher {
  const { db, logger } = ctx;
  const work = { ctx, outbox };
  const asking = new Set<string>();
  const askAgainAt = new Map<string, number>();

  /** The user's runs that nobody works on though it is their turn. */
  const waitingRuns = (userId: string): Promise<RunRow[]> =>
    db
      .selectFrom('runs')
      .selectAll()
      .where('user_id', '=', userId)
      .where(({ and, eb, exists, not, or, selectFrom }) =>
        or([
          and([eb('status', '=', 'running'), eb('boot_id', 'is', null)]),
          and([
            eb('status', '=', 'queued'),
            not(
              exists(
                selectFrom('runs as other')
                  .select('other.id')
                  .whereRef('other.session_id', '=', 'runs.session_id')
                  .whereRef('other.ordinal', '<', 'runs.ordinal')
                  .where('other.status', 'in', ['queued', 'running']),
              ),
            ),
          ]),
        ]),
      )
      .execute();

  async function tellPending(run: RunRow, state: VmState): Promise<void> {
    if (run.pending_state === state.status) return;
    if (Date.now() - run.created_at.getTime() < ctx.config.CHAT_VM_READY_WAIT_MS) return;
    await db.transaction().execute(async (tx) => {
      await lockSession(tx, run.session_id);
      const told = await tx
        .updateTable('runs')
        .set({ pending_state: state.status })
        .where('id', '=', run.id)
        .where('status', 'in', ['queued', 'running'])
        .where('boot_id', 'is', null)
        .where((eb) => eb('pending_state', 'is distinct from', state.status))
        .executeTakeFirst();
      if (told.numUpdatedRows === 0n) return;
      const body = {
        type: 'runtime_pending',
        state: state.status,
        retryAfterMs: state.retryAfterMs,
      } as const;
      await enqueueEvent(tx, run, { generation: run.generation, body }, traceOfRun(run));
    });
    await outbox.flush(run.user_id);
  }

  async function ask(userId: string): Promise<void> {
    const waiting = await waitingRuns(userId);
    const first = waiting[0];
    if (!first) return;
    const { data } = await callRoute(ctx.bus, ensureVm, {
      identity: null,
      body: { userId, orgId: first.org_id },
      trace: traceOfRun(first),
      timeoutMs: ENSURE_TIMEOUT_MS,
    });
    const again = Math.min(Math.max(data.retryAfterMs, ASK_AGAIN_MIN_MS), ASK_AGAIN_MAX_MS);
    askAgainAt.set(userId, Date.now() + again);
    if (data.ready && data.bootId) return await dispatcher.runtimeReady(userId, data.bootId);
    for (const run of waiting) {
      if (data.status !== 'failed') await tellPending(run, data);
      else await finishRun(work, { runId: run.id, generation: run.generation, ending: failureOf(run, data) });
    }
  }

  async function advance(tx: Tx, userId: string, sessionId: string): Promise<Advanced> {
    await lockSession(tx, sessionId);
    return await advanceSession(tx, userId, sessionId);
  }

  const dispatcher: Dispatcher = {
    nudge(userId) {
      if (asking.has(userId) || (askAgainAt.get(userId) ?? 0) > Date.now()) return;
      asking.add(userId);
      void ask(userId)
        .catch((error) =>
          logger.warn({ err: error, userId }, 'cannot bring run and runtime together, trying again'),
        )
        .finally(() => asking.delete(userId));
    },
    async runtimeReady(userId, bootId) {
      await db.transaction().execute(async (tx) => {
        const taken = await tx
          .updateTable('runtime_channels')
          .set(({ ref }) => ({ boot_id: bootId, boot_sequence: ref('command_sequence') }))
          .where('user_id', '=', userId)
          .where((eb) => eb('boot_id', 'is distinct from', bootId))
          .returning('keys_boot_id')
          .executeTakeFirst();
        // The provider keys have changed since it asked for them, and nobody took orders then.
        if (taken && taken.keys_boot_id !== bootId) await enqueueConfig(tx, [userId], traceFrom());
      });
      await dispatcher.advanceUser(userId);
    },
    async runtimeGone(userId, bootId) {
      await db
        .updateTable('runtime_channels')
        .set({ boot_id: null })
        .where('user_id', '=', userId)
        .where('boot_id', '=', bootId)
        .execute();
      askAgainAt.delete(userId);
      await dispatcher.advanceUser(userId);
      dispatcher.nudge(userId);
    },
    async advanceUser(userId) {
      const sessions = await db
        .selectFrom('runs')
        .select('session_id')
        .distinct()
        .where('user_id', '=', userId)
        .where('status', 'in', ['queued', 'running'])
        .execute();
      for (const { session_id: sessionId } of sessions) {
        const { endCancelled } = await db.transaction().execute((tx) => advance(tx, userId, sessionId));
        if (endCancelled) await finishRun(work, { ...endCancelled, ending: { type: 'cancelled' } });
      }
      await outbox.flush(userId);
    },
    async sweep() {
      const users = await db
        .selectFrom('runs')
        .select('user_id')
        .distinct()
        .where('status', 'in', ['queued', 'running'])
        .where('boot_id', 'is', null)
        .execute();
      for (const { user_id: userId } of users) dispatcher.nudge(userId);
    },
  };
  return dispatcher;
}
