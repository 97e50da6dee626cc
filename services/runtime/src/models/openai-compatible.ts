import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { StreamingModel } from './model.ts';

/** A model behind any API that speaks OpenAI's chat completions; `baseUrl` ends where `/chat/completions` begins. */
export function createOpenAiModel(
  settings: { baseUrl: string; apiKey: string },
  modelId: string,
): StreamingModel {
  const provider = createOpenAICompatible({
    name: 'openai-compatible',
    baseURL: settings.baseUrl,
    apiKey: settings.apiKey,
    includeUsage: true,
  });
  return provider.chatModel(modelId);
}
