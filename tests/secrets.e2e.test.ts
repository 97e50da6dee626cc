import { ERRORS, isTerminal, newId, ROUTES, type SessionEvent } from '@semibot/protocol';
import { type OpenAiServer, startOpenAiServer } from '@semibot/runtime/testing/openai-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, signInLocally } from './support/client.ts';
import { expectUnbroken } from './support/expectations.ts';
import { killPart } from './support/kill.ts';
import { connectTo } from './support/operator.ts';
import { searchFiles, searchProcesses, searchStreams } from './support/searching.ts';
import { Tab } from './support/tab.ts';
import { startTemporarySystem } from './support/temporary-system.ts';

const NAME = 'openai-compatible';
const params = { name: NAME } as const;
/** What is looked for in the end. */
const INSTALLED = `sk-installed-${newId()}`;
const OWN = `sk-own-${newId()}`;
const WRONG = `sk-wrong-${newId()}`;
const KEYS = [INSTALLED, OWN, WRONG];
/** A word that a person said, which is found where keys must not be. */
const SAID = `needle-${newId()}`;

let server: OpenAiServer;
let system: Awaited<ReturnType<typeof startTemporarySystem>>;
let client: Client;
let userId: string;
let agentId: string;
let watching: Awaited<ReturnType<typeof connectTo>>;
/** All that was said on the bus, as subject and content. */
const onTheBus: { subject: string; text: string }[] = [];

beforeAll(async () => {
  server = await startOpenAiServer(['small-1', 'large-1']);
  system = await startTemporarySystem({ OPENAI_API_KEY: INSTALLED, OPENAI_BASE_URL: server.baseUrl });
  client = await signInLocally(system.url);
  watching = await connectTo(system, 'setup');
  watching.nc.subscribe('>', {
    callback: (_, message) => {
      onTheBus.push({
        subject: message.subject,
        text: `${message.headers ?? ''}${message.string()}`,
      });
    },
  });
  await watching.nc.flush();
  userId = (await client.ask(ROUTES.auth.me)).data.id;
  const model = { provider: NAME, model: 'small-1' } as const;
  agentId = (await client.ask(ROUTES.agents.create, { body: { name: 'Mine', model } })).data.id;
});
afterAll(async () => {
  await watching?.close();
  await system?.remove();
  await server?.[Symbol.asyncDispose]();
});

const setKey = async (apiKey: string) =>
  (await client.ask(ROUTES.providers.set, { params, body: { apiKey, baseUrl: server.baseUrl } })).data;
const ask = async (message: string) => {
  const { data } = await client.ask(ROUTES.messages.start, { body: { agentId, message } });
  return { ...data, tab: new Tab(client, data.sessionId) };
};
const textOf = (events: SessionEvent[]): string =>
  events.map((event) => (event.type === 'text_chunk' ? event.text : '')).join('');
/** A question that is answered; gives the key with which the model was asked. */
const answered = async (): Promise<string | undefined> => {
  const { tab, runId } = await ask('Hello');
  const completion = await server.next();
  await completion.delta({ content: 'Hi' });
  await completion.finish();
  await tab.untilEnd(runId);
  tab.close();
  expect(textOf(tab.eventsOf(runId))).toBe('Hi');
  return completion.authorization;
};

describe('an agent with a model behind an API like that of OpenAI', () => {
  it('is asked with the key of the installation where the organization has none', async () => {
    expect(await answered()).toBe(`Bearer ${INSTALLED}`);
  });

  it("streams its answer word by word, asked with the organization's own key as soon as there is one", async () => {
    const pid = await system.pidOf(`runtime-${userId}`);
    expect(await setKey(OWN)).toEqual({
      name: NAME,
      configured: true,
      source: 'organization',
      baseUrl: server.baseUrl,
      keyEnding: OWN.slice(-4),
      updatedAt: expect.any(String),
    });
    const { tab, runId, sessionId } = await ask(SAID);
    const completion = await server.next();
    expect(completion.authorization).toBe(`Bearer ${OWN}`);
    expect(completion.body).toMatchObject({ model: 'small-1', stream: true });
    const words = ['Words ', 'that ', 'come ', 'alone.'];
    for (const [at, content] of words.entries()) {
      await completion.delta({ content });
      const sofar = words.slice(0, at + 1).join('');
      // The next one is not sent before this one was seen.
      await tab.until(() => textOf(tab.eventsOf(runId)) === sofar);
    }
    await completion.finish({ prompt_tokens: 7, completion_tokens: 4 });
    await tab.untilEnd(runId);
    tab.close();
    expectUnbroken(tab, runId);
    const usage = tab.eventsOf(runId).find(({ type }) => type === 'usage');
    expect(usage).toMatchObject({ model: 'small-1', tokensIn: 7, tokensOut: 4 });
    const [, answer] = await client.history(sessionId);
    expect(answer).toMatchObject({ role: 'assistant', text: words.join(''), status: 'complete' });
    expect(await system.pidOf(`runtime-${userId}`)).toBe(pid);
  });

  it("is asked with the organization's own key by the next runtime too", async () => {
    await killPart(system, `runtime-${userId}`);
    expect(await answered()).toBe(`Bearer ${OWN}`);
  });

  it('is asked no further once its run is stopped, and what it had said is kept', async () => {
    const { tab, runId, sessionId } = await ask('Go on for ever');
    const completion = await server.next();
    await completion.delta({ content: 'First words' });
    await tab.until(({ event }) => event.runId === runId && event.type === 'text_chunk');
    await client.ask(ROUTES.runs.cancel, { params: { runId } });
    await completion.closed;
    const { event } = await tab.untilEnd(runId);
    tab.close();
    expect(event).toMatchObject({ type: 'execution_complete', cancelled: true });
    const [, answer] = await client.history(sessionId);
    expect(answer).toMatchObject({ text: 'First words', status: 'cancelled' });
  });

  it('ends a run with a text for people when its key is wrong, and goes on when it is right again', async () => {
    await setKey(WRONG);
    const { tab, runId } = await ask('Hello');
    const completion = await server.next();
    expect(completion.authorization).toBe(`Bearer ${WRONG}`);
    completion.refuse(401, { message: `Incorrect API key provided: ${WRONG}`, code: 'invalid_api_key' });
    const { event } = await tab.untilEnd(runId);
    tab.close();
    const { en: message } = ERRORS.MODEL_AUTH_FAILED;
    expect(event).toMatchObject({ type: 'execution_error', code: 'MODEL_AUTH_FAILED', message });
    expect(tab.eventsOf(runId).filter(isTerminal)).toHaveLength(1);
    await setKey(OWN);
    expect(await answered()).toBe(`Bearer ${OWN}`);
  });

  it('has the models that its provider lists', async () => {
    const { data } = await client.ask(ROUTES.providers.models);
    expect(data).toContainEqual({ provider: NAME, models: ['large-1', 'small-1'], source: 'provider' });
  });
});

describe('a key', () => {
  const looked = [...KEYS, SAID];
  const showing = (searched: { place: string; found: string[] }[], text: string): string[] =>
    searched.filter(({ found }) => found.includes(text)).map(({ place }) => place);

  it('is in no file: no log, no stream, no table, no checkpoint', async () => {
    const files = await searchFiles(system.data, looked);
    for (const key of KEYS) expect(showing(files, key)).toEqual([]);
    const said = showing(files, SAID).map((file) => file.slice(system.data.length + 1).split('/')[0]);
    expect(said).toEqual(expect.arrayContaining(['nats', 'postgres']));
    for (const part of ['chat', 'relay', 'scheduler', 'nats', `runtime-${userId}`])
      expect(files.map(({ place }) => place)).toContain(`${system.data}/logs/${part}.log`);
  });

  it('is in no message that is kept, dead letters included', async () => {
    const messages = await searchStreams(watching, looked);
    for (const key of KEYS) expect(showing(messages, key)).toEqual([]);
    expect(showing(messages, SAID)).toEqual([expect.stringMatching(/^EVENTS /)]);
    expect(messages.map(({ place }) => place)).toContainEqual(expect.stringMatching(/^COMMANDS \d+ .*\._$/));
  });

  it('is on the bus once for each time that it is set, from the relay to chat, and never again', () => {
    for (const [key, times] of [
      [INSTALLED, 0],
      [OWN, 2],
      [WRONG, 1],
    ] as const) {
      const carrying = onTheBus.filter(({ text }) => text.includes(key)).map(({ subject }) => subject);
      expect(carrying).toEqual(Array.from({ length: times }, () => 'api.chat.providers.set'));
    }
    expect(onTheBus.filter(({ subject }) => /^requests\..*\.(init|get_keys)$/.test(subject)).length).toBe(5);
  });

  it.runIf(process.platform === 'linux')(
    'is on no command line, and in no environment but where it was given: of npm start and of chat',
    async () => {
      const processes = await searchProcesses(KEYS);
      const pidsShowing = (key: string) =>
        processes.flatMap(({ pid, place, found }) => (found.includes(key) ? [`${place} ${pid}`] : []));
      expect(pidsShowing(OWN)).toEqual([]);
      expect(pidsShowing(WRONG)).toEqual([]);
      const given = [system.pid, await system.pidOf('chat')].map((pid) => `environ ${pid}`);
      expect(pidsShowing(INSTALLED).sort()).toEqual(given.sort());
      const looked = new Set(processes.map(({ pid }) => pid));
      for (const part of ['nats', 'postgres', 'relay', 'scheduler', `runtime-${userId}`])
        expect(looked).toContain(await system.pidOf(part));
    },
  );

  it('is told to nobody who asks for it', async () => {
    for (const path of ['/llm-providers', `/llm-providers/${NAME}`, '/models', '/agents', '/users/me']) {
      const { status, data } = await client.call('GET', path);
      expect(status, path).toBe(200);
      for (const key of KEYS) expect(JSON.stringify(data), path).not.toContain(key);
      expect(JSON.stringify(data), path).not.toContain(OWN.slice(-5));
    }
  });

  it('is used no longer once it is removed', async () => {
    await client.ask(ROUTES.providers.remove, { params });
    expect(await answered()).toBe(`Bearer ${INSTALLED}`);
  });
});
