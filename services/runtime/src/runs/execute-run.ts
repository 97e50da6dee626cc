import type { LogWriter } from '@semibot/bus';
import { abortable } from '../abortable.ts';
import type { RunContext } from '../adapters/adapter.ts';
import type { Checkpoint, Outcome } from '../checkpoints/checkpoint.ts';
import { beginRun, FIRST_INDEX } from './begin-run.ts';
import { type Desk, openDesk } from './open-desk.ts';
import type { RunControl } from './run-control.ts';
import { failedOutcome, isStale, logFailure } from './run-error.ts';
import type { RunEnd, RunPorts } from './run-ports.ts';
import { type Said, steeredBy } from './said.ts';
import { takeUp } from './take-up.ts';

/**
 * Does a run from where it stands to its end, and reports the end. Resolves without a report, and without another
 * event, when the run is halted or turns out to be in other hands. Rejects only where the report is refused.
 */
export async function executeRun(run: RunControl, ports: RunPorts): Promise<void> {
  const end = await endOf(run, ports).catch((error: unknown): RunEnd | null => {
    if (run.halted.aborted || isStale(error)) return null;
    // Neither its context nor its log could be had: nothing more is known of it than that it failed.
    const outcome = failedOutcome(error);
    logFailure(ports.logger, error, outcome.code);
    return { outcome, nextIndex: 0, steeredBy: [] };
  });
  if (!end) {
    ports.logger.info('run given up: it is in other hands, or this process stops');
    return;
  }
  await ports.report(run, end);
  ports.logger.info({ outcome: end.outcome.type, events: end.nextIndex }, 'run reported');
}

async function endOf(run: RunControl, ports: RunPorts): Promise<RunEnd> {
  const context = await ports.loadContext(run);
  const { sessionId, runId, generation } = run;
  const newest = await ports.checkpoints.newest(sessionId, runId);
  const { turns, said, late } = takeUp(context.turns, newest);
  const { outcome, fromIndex } = newest ?? { outcome: null, fromIndex: FIRST_INDEX };
  // An answer that is whole goes on only where somebody has written since.
  if (outcome && !(outcome.type === 'completed' && late.length > 0))
    return { outcome, nextIndex: context.position.nextIndex, steeredBy: steeredBy(newest?.said ?? []) };
  const lastTurnId = turns.at(-1)?.messageId ?? null;
  const from: Checkpoint = { runId, generation, lastTurnId, said, fromIndex, outcome: null };
  // From here on no checkpoint counts that the process before this one may still write.
  if (context.resumed) await ports.checkpoints.write(sessionId, from);
  const writer = ports.openWriter(run, context.position);
  try {
    return await perform(run, ports, { ...context, turns }, from, writer);
  } finally {
    writer.close();
  }
}

async function perform(
  run: RunControl,
  ports: RunPorts,
  context: RunContext,
  from: Checkpoint,
  writer: LogWriter,
): Promise<RunEnd> {
  const halted = AbortSignal.any([run.halted, writer.signal]);
  const signal = AbortSignal.any([halted, run.cancelled]);
  await abortable(beginRun(writer, context, from.fromIndex, run.cancelled.aborted), halted);
  const desk = openDesk(run, context, writer, from, signal, ports);
  const { outcome, said } = await answer(run, ports, desk, halted);
  await abortable(writer.flush(), halted);
  await desk.conclude(outcome, said);
  return { outcome, nextIndex: writer.nextIndex, steeredBy: steeredBy(said) };
}

async function answer(
  run: RunControl,
  ports: RunPorts,
  desk: Desk,
  halted: AbortSignal,
): Promise<{ outcome: Outcome; said: readonly Said[] }> {
  try {
    desk.signal.throwIfAborted();
    const said = await ports.findAdapter(desk.context.runtimeType).handleUserMessage(desk);
    return { outcome: { type: 'completed' }, said };
  } catch (error) {
    halted.throwIfAborted();
    if (run.cancelled.aborted) return { outcome: { type: 'cancelled' }, said: desk.said };
    const outcome = failedOutcome(error);
    logFailure(ports.logger, error, outcome.code);
    return { outcome, said: desk.said };
  }
}
