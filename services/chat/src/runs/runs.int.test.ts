import { callRoute } from '@semibot/bus';
import { type Identity, newId, ROUTES, type SessionEvent } from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChatLab, startChatLab } from '../testing/chat-lab.ts';
import { asRun, beginHandRuntime, type HandRuntime } from '../testing/hand-runtime.ts';
import { readSession, type SessionReader } from '../testing/session-reader.ts';

let lab: ChatLab;
beforeAll(async () => {
  lab = await startChatLab();
}, 60_000);
afterAll(() => lab[Symbol.asyncDispose]());

interface Scene {
  person: Identity;
  sessionId: string;
  reader: SessionReader;
  post(
    message: string,
    mode?: 'queue' | 'steer' | 'interrupt',
  ): Promise<{ runId: string; messageId: string }>;
  cancel(runId: string): Promise<void>;
  history(): Promise<{ role: string; text: string; status: string }[]>;
}

async function newScene(): Promise<Scene> {
  const person = await lab.newPerson();
  const { data: session } = await callRoute(lab.relay, ROUTES.sessions.create, {
    identity: person,
    body: {},
  });
  const params = { sessionId: session.id };
  return {
    person,
    sessionId: session.id,
    reader: await readSession(lab, person.userId, session.id),
    async post(message, mode = 'queue') {
      const body = { message, mode };
      const { data } = await callRoute(lab.relay, ROUTES.messages.post, { identity: person, params, body });
      return data;
    },
    async cancel(runId) {
      await callRoute(lab.relay, ROUTES.runs.cancel, { identity: person, params: { runId } });
    },
    async history() {
      const { data } = await callRoute(lab.relay, ROUTES.messages.list, { identity: person, params });
      return data.map(({ role, text, status }) => ({ role, text, status }));
    },
  };
}

/** Does the next run that is ordered: says the text, and reports it as completed. */
async function answerNext(runtime: HandRuntime, text: string, steeredBy: string[] = []) {
  const command = asRun(await runtime.nextCommand());
  const context = await runtime.getRun(command);
  const writer = runtime.openWriter(command, context);
  writer.append({ type: 'run_started', runtimeType: context.runtimeType, model: context.model.model });
  writer.append({ type: 'text_chunk', text });
  await writer.flush();
  await runtime.report(command, { nextIndex: writer.nextIndex, outcome: { type: 'completed' }, steeredBy });
  return { command, context };
}

const typesOf = (events: SessionEvent[]) => events.map(({ type }) => type);
const indexesOf = (events: SessionEvent[]) => events.map(({ index }) => index);

describe('a run', () => {
  it('goes from the message to the saved answer, which is there when its end is told', async () => {
    const scene = await newScene();
    const runtime = await beginHandRuntime(lab, scene.person.userId);
    const { runId } = await scene.post('hello');
    const { context } = await answerNext(runtime, 'hi there');
    await scene.reader.untilEnd(runId);
    expect(await scene.history()).toEqual([
      { role: 'user', text: 'hello', status: 'complete' },
      { role: 'assistant', text: 'hi there', status: 'complete' },
    ]);
    expect(context.turns.map(({ role, text }) => [role, text])).toEqual([['user', 'hello']]);
    expect(typesOf(scene.reader.eventsOf(runId))).toEqual([
      'user_message',
      'run_started',
      'text_chunk',
      'execution_complete',
    ]);
    expect(indexesOf(scene.reader.eventsOf(runId))).toEqual([0, 1, 2, 3]);
  });

  it('waits for the one before it, and is told what that one answered', async () => {
    const scene = await newScene();
    const runtime = await beginHandRuntime(lab, scene.person.userId);
    await scene.post('first');
    const second = await scene.post('second');
    await answerNext(runtime, 'one');
    const { context } = await answerNext(runtime, 'two');
    await scene.reader.untilEnd(second.runId);
    expect(context.turns.map(({ text }) => text)).toEqual(['first', 'one', 'second']);
    expect((await scene.history()).map(({ text }) => text)).toEqual(['first', 'second', 'one', 'two']);
  });

  it('starts by itself when its runtime comes', async () => {
    const scene = await newScene();
    const { runId } = await scene.post('anyone there?');
    const runtime = await beginHandRuntime(lab, scene.person.userId);
    await answerNext(runtime, 'now I am');
    expect(await scene.reader.untilEnd(runId)).toMatchObject({ type: 'execution_complete' });
  });

  it('is steered by a message, whose place in the run its writer makes', async () => {
    const scene = await newScene();
    const runtime = await beginHandRuntime(lab, scene.person.userId);
    const { runId } = await scene.post('count');
    const command = asRun(await runtime.nextCommand());
    const writer = runtime.openWriter(command, await runtime.getRun(command));
    writer.append({ type: 'text_chunk', text: '1 ' });
    await writer.flush();
    const steering = await scene.post('backwards', 'steer');
    expect(steering.runId).toBe(runId);
    expect(await runtime.nextCommand()).toMatchObject({ type: 'steer', text: 'backwards' });
    writer.append({ type: 'text_chunk', text: '0' });
    await writer.flush();
    const end = { nextIndex: writer.nextIndex, outcome: { type: 'completed' as const } };
    await runtime.report(command, { ...end, steeredBy: [steering.messageId] });
    await scene.reader.untilEnd(runId);
    expect(typesOf(scene.reader.eventsOf(runId))).toEqual([
      'user_message',
      'text_chunk',
      'user_message',
      'text_chunk',
      'execution_complete',
    ]);
    expect(indexesOf(scene.reader.eventsOf(runId))).toEqual([0, 1, 2, 3, 4]);
    expect((await scene.history()).map(({ text }) => text)).toEqual(['count', 'backwards', '1 0']);
  });

  it('leaves a steering message that came too late to a run of its own', async () => {
    const scene = await newScene();
    const runtime = await beginHandRuntime(lab, scene.person.userId);
    const { runId } = await scene.post('count');
    const command = asRun(await runtime.nextCommand());
    const writer = runtime.openWriter(command, await runtime.getRun(command));
    writer.append({ type: 'text_chunk', text: '1' });
    await writer.flush();
    const late = await scene.post('and now?', 'steer');
    await runtime.nextCommand();
    await runtime.report(command, {
      nextIndex: writer.nextIndex,
      outcome: { type: 'completed' },
      steeredBy: [],
    });
    const { command: next } = await answerNext(runtime, 'this');
    expect(next.runId).not.toBe(runId);
    await scene.reader.untilEnd(next.runId);
    expect(scene.reader.eventsOf(next.runId)[0]).toMatchObject({
      type: 'user_message',
      messageId: late.messageId,
    });
    expect((await scene.history()).map(({ text }) => text)).toEqual(['count', 'and now?', '1', 'this']);
  });

  it('gives way to a message that interrupts it, and keeps what it had written', async () => {
    const scene = await newScene();
    const runtime = await beginHandRuntime(lab, scene.person.userId);
    const { runId } = await scene.post('talk');
    const command = asRun(await runtime.nextCommand());
    const writer = runtime.openWriter(command, await runtime.getRun(command));
    writer.append({ type: 'text_chunk', text: 'blah' });
    await writer.flush();
    await scene.post('enough', 'interrupt');
    expect(await runtime.nextCommand()).toMatchObject({ type: 'cancel', runId });
    await runtime.report(command, {
      nextIndex: writer.nextIndex,
      outcome: { type: 'cancelled' },
      steeredBy: [],
    });
    expect(await scene.reader.untilEnd(runId)).toMatchObject({ type: 'execution_complete', cancelled: true });
    const { command: next } = await answerNext(runtime, 'silence');
    await scene.reader.untilEnd(next.runId);
    expect(await scene.history()).toMatchObject([
      { text: 'talk' },
      { text: 'enough' },
      { text: 'blah', status: 'cancelled' },
      { text: 'silence', status: 'complete' },
    ]);
  });

  it('can be stopped before it has a runtime, any number of times', async () => {
    const scene = await newScene();
    const { runId } = await scene.post('never mind');
    await Promise.all([scene.cancel(runId), scene.cancel(runId), scene.cancel(runId)]);
    await scene.cancel(runId);
    expect(await scene.reader.untilEnd(runId)).toMatchObject({ cancelled: true, messageId: null });
    expect(typesOf(scene.reader.eventsOf(runId))).toEqual(['user_message', 'execution_complete']);
  });

  it('goes to the next runtime when its own is gone, which can write no more', async () => {
    const scene = await newScene();
    const first = await beginHandRuntime(lab, scene.person.userId);
    const { runId } = await scene.post('work');
    const command = asRun(await first.nextCommand());
    const zombie = first.openWriter(command, await first.getRun(command));
    zombie.append({ type: 'text_chunk', text: 'half' });
    await zombie.flush();
    await first.die();
    await scene.reader.until((event) => event.type === 'runtime_lost');

    const second = await beginHandRuntime(lab, scene.person.userId);
    const again = asRun(await second.nextCommand());
    expect(again).toMatchObject({ runId, generation: 2 });
    const context = await second.getRun(again);
    expect(context.resumed).toBe(true);
    zombie.append({ type: 'text_chunk', text: ' and too late' });
    await expect(zombie.flush()).rejects.toMatchObject({ code: 'RUN_STALE' });

    const heir = second.openWriter(again, context);
    heir.append({ type: 'runtime_recovered' });
    heir.append({ type: 'step_restarted', fromIndex: 1 });
    heir.append({ type: 'text_chunk', text: 'whole' });
    await heir.flush();
    // The dead one's report comes in late: it is no longer its run.
    await first.report(command, { nextIndex: 2, outcome: { type: 'completed' }, steeredBy: [] });
    await second.report(again, { nextIndex: heir.nextIndex, outcome: { type: 'completed' }, steeredBy: [] });
    await scene.reader.untilEnd(runId);
    expect((await scene.history()).map(({ text }) => text)).toEqual(['work', 'whole']);
    expect(
      typesOf(scene.reader.eventsOf(runId)).filter((type) => type.startsWith('execution_')),
    ).toHaveLength(1);
  });

  it('that was handed to a runtime as it fell asleep is handed to it again when it is awake', async () => {
    const scene = await newScene();
    const runtime = await beginHandRuntime(lab, scene.person.userId);
    const { runId } = await scene.post('work');
    const missed = asRun(await runtime.nextCommand());
    await runtime.sleep();
    await scene.reader.until((event) => event.type === 'runtime_lost');
    const { runId: later } = await scene.post('more');

    await runtime.sayReady();
    const command = asRun(await runtime.nextCommand());
    expect(command).toMatchObject({ runId, bootId: missed.bootId, generation: missed.generation + 1 });
    const writer = runtime.openWriter(command, await runtime.getRun(command));
    writer.append({ type: 'text_chunk', text: 'done' });
    await writer.flush();
    await runtime.report(command, {
      nextIndex: writer.nextIndex,
      outcome: { type: 'completed' },
      steeredBy: [],
    });
    await scene.reader.untilEnd(runId);
    expect(asRun(await runtime.nextCommand())).toMatchObject({ runId: later, generation: 1 });
  });

  it('that was stopped ends when its runtime is gone before it could', async () => {
    const scene = await newScene();
    const runtime = await beginHandRuntime(lab, scene.person.userId);
    const { runId } = await scene.post('work');
    const command = asRun(await runtime.nextCommand());
    const writer = runtime.openWriter(command, await runtime.getRun(command));
    writer.append({ type: 'text_chunk', text: 'some' });
    await writer.flush();
    await scene.cancel(runId);
    await runtime.die();
    expect(await scene.reader.untilEnd(runId)).toMatchObject({ type: 'execution_complete', cancelled: true });
    expect(await scene.history()).toMatchObject([{ text: 'work' }, { text: 'some', status: 'cancelled' }]);
  });

  it('is made once by one idempotency key, however often and in parallel it is sent, also while chat is killed', async () => {
    const scene = await newScene();
    const idempotencyKey = newId();
    const send = async (): Promise<string> => {
      for (;;) {
        const sent = await callRoute(lab.relay, ROUTES.messages.post, {
          identity: scene.person,
          params: { sessionId: scene.sessionId },
          body: { message: 'once' },
          idempotencyKey,
          timeoutMs: 2_000,
        }).catch(() => null);
        if (sent) return sent.data.runId;
      }
    };
    const sending = Array.from({ length: 50 }, send);
    await lab.killChat();
    const runIds = new Set(await Promise.all(sending));
    expect(runIds.size).toBe(1);
    const [runId] = [...runIds];
    await scene.reader.until((event) => event.type === 'user_message');
    expect(await scene.history()).toEqual([{ role: 'user', text: 'once', status: 'complete' }]);
    await scene.cancel(`${runId}`);
    await scene.reader.untilEnd(`${runId}`);
    expect(typesOf(scene.reader.events)).toEqual(['user_message', 'execution_complete']);
  }, 30_000);
});
