import { setTimeout as delay } from 'node:timers/promises';
import { newId, ROUTES } from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, signInLocally } from './support/client.ts';
import { counted, expectUnbroken, expectWhole } from './support/expectations.ts';
import { killIfAlive, killPart } from './support/kill.ts';
import { seededRandom } from './support/random.ts';
import { Tab } from './support/tab.ts';
import { startTemporarySystem } from './support/temporary-system.ts';

/** Asserted; what is measured is printed, and stays far below it. */
const BACK_WITHIN_MS = 30_000;
const COUNT_TO = 300;
/** A run that is begun again after each kill of its runtime must be let come to its end at last. */
const KILLS_MAX = 20;

let system: Awaited<ReturnType<typeof startTemporarySystem>>;
let client: Client;
let userId: string;
const measured: string[] = [];

beforeAll(async () => {
  system = await startTemporarySystem();
  client = await signInLocally(system.url);
  userId = (await client.ask(ROUTES.auth.me)).data.id;
  // The runtime's own start is another test's matter: here it is up when the first part is killed.
  const sessionId = await client.newSession();
  const tab = new Tab(client, sessionId);
  await tab.untilEnd((await client.post(sessionId, 'count to 1')).runId);
  tab.close();
});
afterAll(async () => {
  console.log(
    `From the kill to the next event of the stream, and to the part's new process:\n${measured.join('\n')}`,
  );
  await system?.remove();
});

const parts = ['relay', 'chat', 'scheduler', 'runtime', 'nats', 'postgres'] as const;
const nameOf = (part: (typeof parts)[number]): string => (part === 'runtime' ? `runtime-${userId}` : part);
const moments = [
  ['before the first token', null],
  ['in mid-stream', COUNT_TO / 2],
  ['just before the end', COUNT_TO - 1],
] as const;

describe.each(parts)('killing %s', (part) => {
  it.each(moments)('%s loses nothing and doubles nothing', async (moment, number) => {
    const sessionId = await client.newSession();
    const tab = new Tab(client, sessionId);
    const { runId } = await client.post(sessionId, `count to ${COUNT_TO}`);
    if (number !== null) await tab.untilCounted(runId, number);
    const before = await killPart(system, nameOf(part));
    const killedAt = performance.now();
    const [movingAfter, backAfter] = await Promise.all([
      tab.next().then(({ at }) => at - killedAt),
      system.pidOf(nameOf(part), { after: before }).then(() => performance.now() - killedAt),
    ]);
    measured.push(`  ${part} ${moment}: ${Math.round(movingAfter)} ms, ${Math.round(backAfter)} ms`);
    expect(Math.max(backAfter, movingAfter)).toBeLessThan(BACK_WITHIN_MS);
    await expectWhole(client, sessionId, tab, runId, counted(COUNT_TO));
    tab.close();
  });
});

describe.each(['relay', 'chat', 'nats', 'postgres'] as const)(
  'killing %s while a message is sent',
  (part) => {
    it('makes one run of it when it is sent again under its key', async () => {
      const sessionId = await client.newSession();
      const tab = new Tab(client, sessionId);
      const key = newId();
      const sending = client.post(sessionId, 'count to 20', 'queue', key);
      await killPart(system, part);
      const first = await sending;
      const again = await client.post(sessionId, 'count to 20', 'queue', key);
      expect(again).toEqual(first);
      await expectWhole(client, sessionId, tab, first.runId, counted(20));
      expect((await client.history(sessionId)).map(({ role }) => role)).toEqual(['user', 'assistant']);
      tab.close();
    });
  },
);

describe('a mix of kills', () => {
  const seed = 20_260_101;
  it(`over many runs loses nothing and doubles nothing (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const sessions = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const sessionId = await client.newSession();
        return { sessionId, tab: new Tab(client, sessionId) };
      }),
    );
    let finished = false;
    const kills: string[] = [];
    const killing = (async () => {
      while (!finished && kills.length < KILLS_MAX) {
        await delay(400 + random() * 1_600);
        const part = parts[Math.floor(random() * parts.length)] ?? 'nats';
        if (await killIfAlive(system, nameOf(part))) kills.push(part);
      }
    })();
    await Promise.all(
      sessions.map(async ({ sessionId, tab }) => {
        for (let run = 0; run < 3; run += 1) {
          const { runId } = await client.post(sessionId, `count to ${COUNT_TO}`);
          await tab.untilEnd(runId);
        }
      }),
    );
    finished = true;
    await killing;
    console.log(`killed in turn: ${kills.join(', ')}`);
    expect(kills).toHaveLength(KILLS_MAX);
    for (const { sessionId, tab } of sessions) {
      const runIds = [...new Set(tab.received.map(({ event }) => event.runId))];
      expect(runIds).toHaveLength(3);
      for (const runId of runIds) {
        expectUnbroken(tab, runId);
        await expectWhole(client, sessionId, tab, runId, counted(COUNT_TO));
      }
      tab.close();
    }
  });
});
