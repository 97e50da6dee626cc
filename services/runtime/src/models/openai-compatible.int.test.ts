import type { EventBody, ModelConfig } from '@semibot/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenAiServer, startOpenAiServer } from '../testing/openai-server.ts';
import { createOpenAiModel } from './openai-compatible.ts';
import { type StepOptions, streamStep } from './stream-step.ts';

const KEY = 'sk-test-1';
const config: ModelConfig = {
  provider: 'openai-compatible',
  model: 'small-1',
  temperature: 0.2,
  maxTokens: 100,
  timeoutMs: 60_000,
};

describe('a step with an OpenAI-compatible model', () => {
  let server: OpenAiServer;
  let events: EventBody[];
  beforeEach(async () => {
    server = await startOpenAiServer();
    events = [];
  });
  afterEach(() => server[Symbol.asyncDispose]());

  const step = (options: Partial<StepOptions> = {}): Promise<string> =>
    streamStep({
      model: createOpenAiModel({ baseUrl: server.baseUrl, apiKey: KEY }, config.model),
      config,
      prompt: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
      ],
      signal: new AbortController().signal,
      separator: '',
      emit: (body) => events.push(body),
      writable: () => Promise.resolve(),
      ...options,
    });
  /** Resolves with what was emitted so far, once there are so many. */
  const emitted = async (count: number): Promise<EventBody[]> => {
    while (events.length < count) await new Promise((resolve) => setImmediate(resolve));
    return events;
  };

  it('asks with the conversation, the key and the settings', async () => {
    const text = step();
    const completion = await server.next();
    await completion.finish();
    await text;
    expect(completion.authorization).toBe(`Bearer ${KEY}`);
    expect(completion.body).toMatchObject({
      model: 'small-1',
      temperature: 0.2,
      max_tokens: 100,
      stream: true,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
      ],
    });
  });

  it('gives text and thinking as they come, and the usage at the end', async () => {
    const text = step();
    const completion = await server.next();
    await completion.delta({ role: 'assistant', content: '' });
    await completion.delta({ reasoning_content: 'Hm.' });
    await completion.delta({ content: 'Hi' });
    expect(await emitted(2)).toEqual([
      { type: 'thinking', text: 'Hm.' },
      { type: 'text_chunk', text: 'Hi' },
    ]);
    await completion.delta({ content: ' 世界' });
    await completion.finish({ prompt_tokens: 9, completion_tokens: 3 });
    expect(await text).toBe('Hi 世界');
    expect(events.slice(2)).toEqual([
      { type: 'text_chunk', text: ' 世界' },
      { type: 'usage', model: 'small-1', tokensIn: 9, tokensOut: 3, latencyMs: expect.any(Number) },
    ]);
  });

  it('says nothing of a usage that the provider does not tell', async () => {
    const text = step();
    const completion = await server.next();
    await completion.delta({ content: 'Hi' });
    await completion.finish();
    await text;
    expect(events).toEqual([{ type: 'text_chunk', text: 'Hi' }]);
  });

  it('divides a huge piece of text among events, and puts the separator before it', async () => {
    const text = step({ separator: '\n\n' });
    const completion = await server.next();
    const huge = 'x'.repeat(70_000);
    await completion.delta({ content: huge });
    await completion.finish();
    expect(await text).toBe(`\n\n${huge}`);
    const pieces = events.map((event) => ('text' in event ? event.text : ''));
    expect(pieces.join('')).toBe(`\n\n${huge}`);
    expect(pieces.map((piece) => piece.length)).toEqual([32_768, 32_768, 4_466]);
  });

  it('closes the upstream request when it is aborted, in the middle of the answer', async () => {
    const abort = new AbortController();
    const text = step({ signal: abort.signal });
    const completion = await server.next();
    await completion.delta({ content: 'Hi' });
    await emitted(1);
    abort.abort(new Error('stopped'));
    await expect(text).rejects.toThrow('stopped');
    await completion.closed;
    expect(events).toEqual([{ type: 'text_chunk', text: 'Hi' }]);
  });

  it('closes the upstream request when it is aborted before the answer has begun', async () => {
    const abort = new AbortController();
    const text = step({ signal: abort.signal });
    const completion = await server.next();
    abort.abort(new Error('stopped'));
    await expect(text).rejects.toThrow('stopped');
    await completion.closed;
  });

  it('closes the upstream request when its reader has no room and the run stops', async () => {
    const abort = new AbortController();
    const full = new Promise<void>((_, reject) =>
      abort.signal.addEventListener('abort', () => reject(abort.signal.reason)),
    );
    const text = step({ signal: abort.signal, writable: () => full });
    const completion = await server.next();
    await completion.delta({ content: 'Hi' });
    await emitted(1);
    abort.abort(new Error('stopped'));
    await expect(text).rejects.toThrow('stopped');
    await completion.closed;
  });

  it.each([
    [401, { message: `Incorrect API key provided: ${KEY}`, code: 'invalid_api_key' }, 'MODEL_AUTH_FAILED'],
    [429, { message: 'Rate limit reached', code: 'rate_limit_exceeded' }, 'MODEL_RATE_LIMITED'],
    [404, { message: 'The model `small-1` does not exist', code: 'model_not_found' }, 'MODEL_FAILED'],
    [500, { message: 'The server had an error' }, 'MODEL_FAILED'],
    [504, { message: 'upstream timed out' }, 'MODEL_TIMEOUT'],
  ])('takes a refusal with status %i for what it is, and tells none of it', async (status, error, code) => {
    const text = step();
    (await server.next()).refuse(status, error);
    await expect(text).rejects.toMatchObject({ code, message: expect.not.stringContaining(error.message) });
    expect(events).toEqual([]);
  });

  it('takes an error inside the answer for what it is', async () => {
    const text = step();
    const completion = await server.next();
    await completion.delta({ content: 'Hi' });
    await completion.send({ error: { message: 'too many', type: 'tokens', code: 'rate_limit_exceeded' } });
    await expect(text).rejects.toMatchObject({ code: 'MODEL_RATE_LIMITED' });
    await completion.closed;
  });

  it.each(['cut', 'end'] as const)(
    'does not take an answer that was %s in its middle for a whole one',
    async (how) => {
      const text = step();
      const completion = await server.next();
      await completion.delta({ content: 'Hi' });
      await emitted(1);
      completion[how]();
      await expect(text).rejects.toMatchObject({ code: 'MODEL_FAILED' });
    },
  );

  it('gives up on a model that is silent for too long, and closes its request', async () => {
    const text = step({ config: { ...config, timeoutMs: 30 } });
    const completion = await server.next();
    await expect(text).rejects.toMatchObject({ code: 'MODEL_TIMEOUT' });
    await completion.closed;
  });

  it('says so where nobody listens at the address', async () => {
    await server[Symbol.asyncDispose]();
    await expect(step()).rejects.toMatchObject({ code: 'MODEL_FAILED' });
    server = await startOpenAiServer();
  });
});
