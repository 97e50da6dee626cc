import type {
  LanguageModelV4Prompt,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import { type EventBody, limits, type ModelConfig, SemibotError } from '@semibot/protocol';
import type { StreamingModel } from './model.ts';
import { toModelError } from './model-error.ts';
import { type SilenceWatch, watchSilence } from './silence.ts';

export interface StepOptions {
  model: StreamingModel;
  config: ModelConfig;
  prompt: LanguageModelV4Prompt;
  /** Ends the call; its upstream request is closed. */
  signal: AbortSignal;
  /** Put before the answer's first text. */
  separator: string;
  emit(body: EventBody): void;
  /** Resolves when there is room for more. */
  writable(): Promise<void>;
}

/**
 * One streamed model call: its text and thinking go out as they come, `usage` at the end. Resolves with all the text
 * that went out. Throws the signal's reason when aborted, else a MODEL_ error.
 */
export async function streamStep(options: StepOptions): Promise<string> {
  const { config, signal } = options;
  using silence = watchSilence(config.timeoutMs);
  const startedAt = performance.now();
  const aborted = AbortSignal.any([signal, silence.signal]);
  try {
    silence.waiting();
    const { stream } = await options.model.doStream({
      prompt: options.prompt,
      temperature: config.temperature,
      maxOutputTokens: config.maxTokens,
      abortSignal: aborted,
    });
    const { text, usage } = await readStream(stream, options, aborted, silence);
    const latencyMs = Math.round(performance.now() - startedAt);
    for (const body of usageEvent(config.model, usage, latencyMs)) options.emit(body);
    return text;
  } catch (error) {
    signal.throwIfAborted();
    if (silence.signal.aborted) throw new SemibotError('MODEL_TIMEOUT');
    throw toModelError(error);
  }
}

async function readStream(
  stream: ReadableStream<LanguageModelV4StreamPart>,
  options: StepOptions,
  aborted: AbortSignal,
  silence: SilenceWatch,
): Promise<{ text: string; usage: LanguageModelV4Usage | null }> {
  const reader = stream.getReader();
  // A model that does not heed its abort signal is left here.
  const leave = (): void => void reader.cancel(aborted.reason).catch(() => {});
  aborted.addEventListener('abort', leave);
  let text = '';
  let usage: LanguageModelV4Usage | null = null;
  try {
    for (;;) {
      silence.waiting();
      const { done, value: part } = await reader.read();
      silence.heard();
      aborted.throwIfAborted();
      if (done) return { text, usage };
      if (part.type === 'error') throw part.error;
      if (part.type === 'finish') usage = part.usage;
      if ((part.type !== 'text-delta' && part.type !== 'reasoning-delta') || part.delta === '') continue;
      const said = part.type === 'text-delta' && text === '' ? options.separator + part.delta : part.delta;
      if (part.type === 'text-delta') text += said;
      const type = part.type === 'text-delta' ? 'text_chunk' : 'thinking';
      for (const piece of pieces(said)) options.emit({ type, text: piece });
      await options.writable();
    }
  } finally {
    aborted.removeEventListener('abort', leave);
    // After an error the rest of the stream, and the request behind it, must not stay open.
    leave();
  }
}

/** A model may give any amount of text at once; an event holds only so much. */
function* pieces(text: string): Iterable<string> {
  for (let at = 0; at < text.length; at += limits.EVENT_TEXT_MAX_CHARACTERS)
    yield text.slice(at, at + limits.EVENT_TEXT_MAX_CHARACTERS);
}

/** Not every provider counts tokens; then nothing is said of them. */
function usageEvent(model: string, usage: LanguageModelV4Usage | null, latencyMs: number): EventBody[] {
  const tokensIn = usage?.inputTokens.total;
  const tokensOut = usage?.outputTokens.total;
  if (tokensIn === undefined && tokensOut === undefined) return [];
  return [{ type: 'usage', model, tokensIn: tokensIn ?? 0, tokensOut: tokensOut ?? 0, latencyMs }];
}
