import { newId, traceFrom } from '@semibot/protocol';
import { createLogger, currentContext } from '@semibot/service';
import { beforeEach, describe, expect, it } from 'vitest';
import type { RunControl } from './runs/run-control.ts';
import { createSessionManager, type SessionCommand, type SessionManager } from './session-manager.ts';

const userId = newId();
const trace = traceFrom();

/** A run under way whose end the test decides. */
interface Execution {
  run: RunControl;
  requestId: string | undefined;
  end(error?: Error): void;
}

describe('the session manager', () => {
  let executions: Execution[];
  let sessions: SessionManager;
  let number = 0;
  beforeEach(() => {
    executions = [];
    sessions = createSessionManager({
      userId,
      logger: createLogger({ service: 'runtime', level: 'silent' }),
      execute: (run) =>
        new Promise((resolve, reject) => {
          const requestId = currentContext()?.requestId;
          executions.push({ run, requestId, end: (error) => (error ? reject(error) : resolve()) });
        }),
    });
  });

  const order = (runId: string) => {
    number += 1;
    return { number, bootId: 'boot', sessionId: newId(), runId };
  };
  const tell = (command: SessionCommand) => sessions.handle(command, trace);
  const start = (runId: string, generation = 1) => tell({ ...order(runId), type: 'run', generation });
  const cancel = (runId: string) => tell({ ...order(runId), type: 'cancel' });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const execution = (at: number): Execution => {
    const found = executions[at];
    if (!found) throw new Error(`run ${at} has not begun`);
    return found;
  };

  it("does a run once, in its request's context", async () => {
    const runId = newId();
    start(runId);
    start(runId);
    await settled();
    expect(executions.map(({ run, requestId }) => [run.runId, requestId])).toEqual([
      [runId, trace.requestId],
    ]);
    expect(sessions.activeRuns).toBe(1);
  });

  it('lets a higher generation take over once the lower one has stopped, and never the other way', async () => {
    const runId = newId();
    start(runId, 2);
    await settled();
    start(runId, 3);
    start(runId, 1);
    await settled();
    expect(execution(0).run.halted.aborted).toBe(true);
    expect(executions).toHaveLength(1);
    execution(0).end();
    await settled();
    expect(execution(1).run).toMatchObject({ runId, generation: 3 });
    expect(execution(1).run.halted.aborted).toBe(false);
    expect(sessions.activeRuns).toBe(1);
  });

  it('skips a generation that was itself replaced before it began', async () => {
    const runId = newId();
    start(runId, 1);
    await settled();
    start(runId, 2);
    start(runId, 3);
    execution(0).end();
    await settled();
    expect(executions.map(({ run }) => run.generation)).toEqual([1, 3]);
  });

  it('cancels one run only, as often as it is told to', async () => {
    const [one, two] = [newId(), newId()];
    start(one);
    start(two);
    await settled();
    cancel(one);
    cancel(one);
    expect(executions.map(({ run }) => run.cancelled.aborted)).toEqual([true, false]);
  });

  it('cancels a run that is ordered after its cancel, and one that is taken over', async () => {
    const runId = newId();
    cancel(runId);
    start(runId, 1);
    await settled();
    start(runId, 2);
    execution(0).end();
    await settled();
    expect(executions.map(({ run }) => run.cancelled.aborted)).toEqual([true, true]);
  });

  it('gives a run its steering messages in order, each once, and the generation after it too', async () => {
    const [runId, first, second] = [newId(), newId(), newId()];
    start(runId);
    for (const messageId of [first, second, first])
      tell({ ...order(runId), type: 'steer', messageId, text: 'more' });
    tell({ ...order(newId()), type: 'steer', messageId: newId(), text: 'for no run' });
    await settled();
    start(runId, 2);
    execution(0).end();
    await settled();
    for (const at of [0, 1])
      expect(
        execution(at)
          .run.steering()
          .map(({ messageId }) => messageId),
      ).toEqual([first, second]);
  });

  it('goes on with the others when a run fails', async () => {
    const [one, two] = [newId(), newId()];
    start(one);
    start(two);
    await settled();
    execution(0).end(new Error('broken'));
    await settled();
    expect(sessions.activeRuns).toBe(1);
    start(one, 2);
    await settled();
    expect(executions).toHaveLength(3);
  });

  it('halts every run when it is closed, waits for them, and begins no other', async () => {
    start(newId());
    await settled();
    const closing = sessions.close();
    start(newId());
    expect(execution(0).run.halted.aborted).toBe(true);
    execution(0).end();
    await closing;
    expect([executions.length, sessions.activeRuns]).toEqual([1, 0]);
  });
});
