import { callRoute } from '@semibot/bus';
import { HEADERS, newId, ROUTES, runFinishedMessage } from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChatLab, startChatLab } from '../testing/chat-lab.ts';
import { asRun, beginHandRuntime } from '../testing/hand-runtime.ts';
import { readSession } from '../testing/session-reader.ts';

let lab: ChatLab;
beforeAll(async () => {
  lab = await startChatLab();
}, 60_000);
afterAll(() => lab[Symbol.asyncDispose]());

/** The next dead letter of a stream: where it came from and why. */
function nextDeadLetter(stream: string): Promise<{ subject: string; reason: string; payload: string }> {
  return new Promise((resolve) => {
    lab.setup.nc.subscribe(`dead.${stream}`, {
      max: 1,
      callback: (_, message) =>
        resolve({
          subject: message.headers?.get(HEADERS.deadSubject) ?? '',
          reason: message.headers?.get(HEADERS.deadReason) ?? '',
          payload: message.string(),
        }),
    });
  });
}

describe('a report', () => {
  it.each([
    ['that is no JSON', '{', /not JSON/],
    ['that says too little', '{"runId": "x"}', /malformed/],
  ])('%s is put aside with its reason, and gone from the queue', async (_, payload, reason) => {
    const letter = nextDeadLetter('REPORTS');
    const subject = runFinishedMessage.format({ user: newId(), session: newId() });
    await lab.setup.nc.flush();
    lab.setup.nc.publish(subject, payload);
    expect(await letter).toMatchObject({ subject, payload, reason: expect.stringMatching(reason) });
  });

  it("about another user's run is put aside and changes nothing", async () => {
    const owner = await lab.newPerson();
    const other = await lab.newPerson();
    const runtime = await beginHandRuntime(lab, owner.userId);
    const { data } = await callRoute(lab.relay, ROUTES.messages.start, {
      identity: owner,
      body: { message: 'mine' },
    });
    const { runId, generation, bootId } = asRun(await runtime.nextCommand());
    const letter = nextDeadLetter('REPORTS');
    await lab.setup.nc.flush();
    const outcome = { type: 'completed' } as const;
    const forged = { runId, generation, bootId, nextIndex: 0, steeredBy: [], outcome };
    lab.setup.nc.publish(
      runFinishedMessage.format({ user: other.userId, session: data.sessionId }),
      runFinishedMessage.encode(forged),
    );
    expect(await letter).toMatchObject({ reason: expect.stringMatching(/not of this user/) });
    const { data: run } = await callRoute(lab.relay, ROUTES.runs.get, { identity: owner, params: { runId } });
    expect(run.status).toBe('running');
  });

  it('that comes twice ends its run once', async () => {
    const person = await lab.newPerson();
    const runtime = await beginHandRuntime(lab, person.userId);
    const { data } = await callRoute(lab.relay, ROUTES.messages.start, {
      identity: person,
      body: { message: 'go' },
    });
    const reader = await readSession(lab, person.userId, data.sessionId);
    const command = asRun(await runtime.nextCommand());
    const end = { nextIndex: 1, outcome: { type: 'completed' as const }, steeredBy: [] };
    await Promise.all([runtime.report(command, end), runtime.report(command, end)]);
    await reader.untilEnd(data.runId);
    const { data: next } = await callRoute(lab.relay, ROUTES.messages.post, {
      identity: person,
      params: { sessionId: data.sessionId },
      body: { message: 'next' },
    });
    await reader.until((event) => event.runId === next.runId);
    expect(reader.eventsOf(data.runId).map(({ type }) => type)).toEqual([
      'user_message',
      'execution_complete',
    ]);
  });
});
