import { HEADERS, newId, ROUTES } from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, signInLocally } from './support/client.ts';
import { connectTo } from './support/operator.ts';
import { Tab } from './support/tab.ts';
import { startTemporarySystem } from './support/temporary-system.ts';

let system: Awaited<ReturnType<typeof startTemporarySystem>>;
let client: Client;

beforeAll(async () => {
  system = await startTemporarySystem();
  client = await signInLocally(system.url);
});
afterAll(() => system?.remove());

describe("a request's ids", () => {
  it('go from the HTTP request through every part and message, and back on the events', async () => {
    const userId = (await client.ask(ROUTES.auth.me)).data.id;
    const operator = await connectTo(system, 'operator');
    const onTheBus: { subject: string; requestId: string; traceId: string }[] = [];
    for (const subject of [
      `events.${userId}.>`,
      `commands.${userId}.>`,
      `requests.${userId}.>`,
      'api.>',
      `reports.${userId}.>`,
    ])
      operator.nc.subscribe(subject, {
        callback: (_, message) => {
          onTheBus.push({
            subject: message.subject,
            requestId: message.headers?.get(HEADERS.requestId) ?? '',
            traceId: message.headers?.get(HEADERS.traceparent).slice(3, 35) ?? '',
          });
        },
      });
    await operator.nc.flush();

    const requestId = `journey-${newId()}`;
    const traceId = newId().replaceAll('-', '');
    const answer = await client.call(
      'POST',
      '/chat/start',
      { message: 'count to 5' },
      { 'x-request-id': requestId, traceparent: `00-${traceId}-${'1'.repeat(16)}-01` },
    );
    expect(answer.status).toBe(202);
    expect(answer.headers.get('x-request-id')).toBe(requestId);
    const { sessionId, runId } = ROUTES.messages.start.data.parse(answer.data);
    const tab = new Tab(client, sessionId);
    await tab.untilEnd(runId);
    tab.close();

    const carrying = (subject: RegExp) =>
      onTheBus.some(
        (one) => subject.test(one.subject) && one.requestId === requestId && one.traceId === traceId,
      );
    for (const subject of [
      /^api\.chat\.messages\.start$/,
      /^api\.scheduler\.vm\.ensure$/,
      /^commands\./,
      /get_run$/,
      /run_finished$/,
    ])
      expect(carrying(subject), String(subject)).toBe(true);
    const events = onTheBus.filter(({ subject }) => subject === `events.${userId}.${sessionId}`);
    expect(events.length).toBe(tab.received.length);
    expect(events.every((event) => event.requestId === requestId && event.traceId === traceId)).toBe(true);

    for (const part of ['relay', 'chat', 'scheduler', `runtime-${userId}`]) {
      const lines = (await system.readLog(part)).split('\n').filter((line) => line.includes(requestId));
      expect(lines.length, part).toBeGreaterThan(0);
      for (const line of lines) expect(JSON.parse(line)).toMatchObject({ requestId, traceId });
    }
    await operator.close();
  });
});
