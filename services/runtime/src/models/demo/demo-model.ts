import type { LanguageModelV4Prompt, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { ERRORS } from '@semibot/protocol';
import type { StreamingModel } from '../model.ts';
import { RunFailure } from '../run-failure.ts';
import { type Clock, systemClock } from './clock.ts';
import { type DemoScript, writeScript } from './demo-script.ts';

/** A model that needs no key: it answers the last message by a script, a chunk at a time. */
export function createDemoModel(clock: Clock = systemClock): StreamingModel {
  return {
    doStream: async ({ prompt, abortSignal }) => ({
      stream: ReadableStream.from(speak(prompt, clock, abortSignal)),
    }),
  };
}

async function* speak(
  prompt: LanguageModelV4Prompt,
  clock: Clock,
  signal: AbortSignal | undefined,
): AsyncGenerator<LanguageModelV4StreamPart> {
  const script = writeScript(lastMessage(prompt));
  const inTime = pace(script, clock, signal);
  let spoken = 0;
  yield { type: 'stream-start', warnings: [] };
  for (const [kind, chunks] of [
    ['reasoning', script.thinking],
    ['text', script.text],
  ] as const) {
    yield { type: `${kind}-start`, id: kind };
    for (const delta of chunks) {
      await inTime();
      spoken += 1;
      yield { type: `${kind}-delta`, id: kind, delta };
    }
    yield { type: `${kind}-end`, id: kind };
  }
  if (script.failure) throw new RunFailure(script.failure, failureText(script.failure));
  yield finish(prompt, spoken);
}

/** Waits for the next chunk's moment. Moments are counted from the first one, so that lateness does not add up. */
function pace(script: DemoScript, clock: Clock, signal: AbortSignal | undefined): () => Promise<void> {
  let due: number | null = null;
  return async () => {
    due = due === null ? clock.now() : due + script.intervalMs;
    const wait = due - clock.now();
    if (wait > 0) await clock.sleep(wait, signal);
    signal?.throwIfAborted();
  };
}

const textOf = (message: LanguageModelV4Prompt[number]): string =>
  typeof message.content === 'string'
    ? message.content
    : message.content.map((part) => (part.type === 'text' ? part.text : '')).join('');

const lastMessage = (prompt: LanguageModelV4Prompt): string => {
  const message = prompt.findLast(({ role }) => role === 'user');
  return message ? textOf(message) : '';
};

const failureText = (code: string): string => {
  const known: Record<string, { en: string } | undefined> = ERRORS;
  return known[code]?.en ?? 'The demo model failed, as it was asked to.';
};

/** Its tokens are words. */
function finish(prompt: LanguageModelV4Prompt, spoken: number): LanguageModelV4StreamPart {
  const read = prompt.reduce((sum, message) => sum + textOf(message).split(/\s+/).filter(Boolean).length, 0);
  return {
    type: 'finish',
    finishReason: { unified: 'stop', raw: 'stop' },
    usage: {
      inputTokens: { total: read, noCache: read, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: spoken, text: spoken, reasoning: undefined },
    },
  };
}
