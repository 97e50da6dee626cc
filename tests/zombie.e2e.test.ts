import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { HEADERS, ROUTES } from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, signInLocally } from './support/client.ts';
import { counted, expectWhole } from './support/expectations.ts';
import { connectTo } from './support/operator.ts';
import { Tab } from './support/tab.ts';
import { startTemporarySystem } from './support/temporary-system.ts';

let system: Awaited<ReturnType<typeof startTemporarySystem>>;
let client: Client;
let zombie = 0;

beforeAll(async () => {
  system = await startTemporarySystem();
  client = await signInLocally(system.url);
});
afterAll(async () => {
  if (zombie) process.kill(zombie, 'SIGKILL');
  await system?.remove();
});

describe('a runtime that was paused past its lease and replaced', () => {
  it('cannot write one event into the run when it goes on', async () => {
    const userId = (await client.ask(ROUTES.auth.me)).data.id;
    const part = `runtime-${userId}`;
    const sessionId = await client.newSession();
    const tab = new Tab(client, sessionId);

    // Who wrote what, as the bus itself has it.
    const operator = await connectTo(system, 'operator');
    const written: { generation: number; type: string }[] = [];
    operator.nc.subscribe(`live.${userId}.${sessionId}`, {
      callback: (_, message) => {
        const generation = Number(message.headers?.get(HEADERS.generation));
        written.push({ generation, type: message.json<{ type: string }>().type });
      },
    });
    await operator.nc.flush();

    const { runId } = await client.post(sessionId, 'count to 400');
    await tab.untilCounted(runId, 50);
    zombie = await system.pidOf(part);
    process.kill(zombie, 'SIGSTOP');
    // As where it runs on another machine: nobody here can end it before it is replaced.
    await rename(join(system.data, 'run', `${part}.pid`), join(system.data, 'run', 'paused'));

    await tab.until(({ event }) => event.runId === runId && event.type === 'runtime_recovered');
    const recoveredAt = tab.received.length;
    await tab.next(({ event }) => event.type === 'text_chunk' && event.text.includes('100'));
    expect(await system.pidOf(part)).not.toBe(zombie);
    process.kill(zombie, 'SIGCONT');
    await expectWhole(client, sessionId, tab, runId, counted(400));

    const lost = written.findIndex(({ type }) => type === 'runtime_lost');
    expect(lost).toBeGreaterThan(0);
    expect(written.slice(0, lost).every(({ generation }) => generation <= 1)).toBe(true);
    expect(written.slice(lost).every(({ generation }) => generation >= 2)).toBe(true);
    expect(written.length).toBeGreaterThan(recoveredAt);
    tab.close();
    await operator.close();
  });
});
