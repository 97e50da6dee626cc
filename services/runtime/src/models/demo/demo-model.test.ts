import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { describe, expect, it } from 'vitest';
import type { Clock } from './clock.ts';
import { createDemoModel } from './demo-model.ts';

/** A clock that stands still but while somebody waits; `lateMs` is how much too long each wait takes. */
function testClock(lateMs = 0) {
  let now = 0;
  const waits: number[] = [];
  const clock: Clock = {
    now: () => now,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      waits.push(ms);
      now += ms + lateMs;
    },
  };
  return { clock, waits };
}

const ask = async (text: string, clock?: Clock, abortSignal?: AbortSignal) => {
  const { stream } = await createDemoModel(clock).doStream({
    prompt: [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: [{ type: 'text', text: 'count to 99' }] },
      { role: 'assistant', content: [{ type: 'text', text: '1' }] },
      { role: 'user', content: [{ type: 'text', text }] },
    ],
    ...(abortSignal ? { abortSignal } : {}),
  });
  return stream;
};
async function collect(stream: ReadableStream<LanguageModelV4StreamPart>) {
  const parts: LanguageModelV4StreamPart[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

describe("the demo model's stream", () => {
  it('answers the last message in parts as any model of the SDK does', async () => {
    const parts = await collect(await ask('think first and count to 2', testClock().clock));
    const types = parts.map(({ type }) => type).filter((type, at, all) => type !== all[at - 1]);
    expect(types).toEqual([
      'stream-start',
      'reasoning-start',
      'reasoning-delta',
      'reasoning-end',
      'text-start',
      'text-delta',
      'text-end',
      'finish',
    ]);
    expect(parts.at(-1)).toMatchObject({
      finishReason: { unified: 'stop' },
      usage: { inputTokens: { total: 12 } },
    });
  });

  it('speaks at its pace, however late each wait ends', async () => {
    const { clock, waits } = testClock(7);
    await collect(await ask('count to 5 every 50 ms', clock));
    expect(waits).toEqual([50, 43, 43, 43]);
  });

  it('ends a wait at once when aborted', async () => {
    const abort = new AbortController();
    const reader = (await ask('count to 2 every 60000 ms', undefined, abort.signal)).getReader();
    for (let part = await reader.read(); part.value?.type !== 'text-delta'; ) part = await reader.read();
    const next = reader.read();
    abort.abort(new Error('stopped'));
    await expect(next).rejects.toThrow();
  });

  it('fails with a text that people know the code by', async () => {
    const stream = await ask('fail with MODEL_RATE_LIMITED', testClock().clock);
    await expect(collect(stream)).rejects.toMatchObject({
      code: 'MODEL_RATE_LIMITED',
      message: 'The model provider is over its limit. Try again later.',
    });
    await expect(collect(await ask('fail with OUT_OF_TEA', testClock().clock))).rejects.toMatchObject({
      code: 'OUT_OF_TEA',
    });
  });
});
