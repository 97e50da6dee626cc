import type { ModelConfig, ProviderKeys } from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FakeChat, FakeRun } from './testing/fake-chat.ts';
import { type Lab, type StartedRuntime, startLab } from './testing/lab.ts';
import { type OpenAiServer, startOpenAiServer } from './testing/openai-server.ts';

const model: ModelConfig = {
  provider: 'openai-compatible',
  model: 'small-1',
  temperature: 0.7,
  maxTokens: 100,
  timeoutMs: 60_000,
};

describe('the provider keys of a runtime that runs', () => {
  let lab: Lab;
  let chat: FakeChat;
  let runtime: StartedRuntime;
  let server: OpenAiServer;
  beforeAll(async () => {
    [lab, server] = await Promise.all([startLab(), startOpenAiServer()]);
    chat = lab.chat;
    runtime = await lab.startRuntime();
  });
  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  const begin = async (): Promise<FakeRun> => {
    const run = await chat.addRun('Hello', { model });
    await chat.order(run, runtime.bootId);
    return run;
  };
  const setKeys = (apiKey: string | null): Promise<void> => {
    const settings = apiKey === null ? {} : { 'openai-compatible': { baseUrl: server.baseUrl, apiKey } };
    return chat.setKeys(settings satisfies ProviderKeys, runtime.bootId);
  };
  /** The key with which the run's model is asked. */
  const keyOf = async (run: FakeRun): Promise<string | undefined> => {
    const completion = await server.next();
    await completion.delta({ content: 'Hi' });
    await completion.finish();
    expect((await chat.reported(run)).outcome).toEqual({ type: 'completed' });
    return completion.authorization;
  };
  const expectNotConfigured = async (run: FakeRun): Promise<void> => {
    const { outcome } = await chat.reported(run);
    expect(outcome).toMatchObject({ type: 'failed', code: 'MODEL_NOT_CONFIGURED' });
  };

  it('are those of now for each run that is ordered after they were changed', async () => {
    await expectNotConfigured(await begin());
    await setKeys('sk-1');
    expect(await keyOf(await begin())).toBe('Bearer sk-1');
    await setKeys('sk-2');
    await setKeys('sk-3');
    expect(await keyOf(await begin())).toBe('Bearer sk-3');
    await setKeys(null);
    await expectNotConfigured(await begin());
  });

  it('are asked for before a run also where the word of their change was lost on its way', async () => {
    chat.loseNext();
    await setKeys('sk-4');
    expect(await keyOf(await begin())).toBe('Bearer sk-4');
  });

  it('are those of now for the next step of a run that has begun', async () => {
    const run = await begin();
    const first = await server.next();
    await first.delta({ content: 'Hi' });
    await chat.steer(run, 'And now?');
    await chat.seen(run, ({ type }) => type === 'text_chunk');
    await setKeys('sk-5');
    // Another run whose model is asked with the new key has been ordered after both commands.
    expect(await keyOf(await begin())).toBe('Bearer sk-5');
    await first.finish();
    expect(await keyOf(run)).toBe('Bearer sk-5');
    expect(first.authorization).toBe('Bearer sk-4');
  });

  it('can be waited for in vain without holding up a run that needs none, or a stop', async () => {
    chat.failKeys(Number.POSITIVE_INFINITY);
    await setKeys('sk-6');
    const demo = await chat.addRun('count to 3');
    await chat.order(demo, runtime.bootId);
    expect((await chat.reported(demo)).outcome).toEqual({ type: 'completed' });
    const waiting = await begin();
    await chat.seen(waiting, ({ type }) => type === 'run_started');
    await chat.cancel(waiting);
    expect((await chat.reported(waiting)).outcome).toEqual({ type: 'cancelled' });
    chat.failKeys(0);
    expect(await keyOf(await begin())).toBe('Bearer sk-6');
  });
});
