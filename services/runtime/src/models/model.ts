import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { ModelConfig } from '@semibot/protocol';

/** What the runtime uses of a language model: one streamed call, ended at once by its abort signal. */
export type StreamingModel = Pick<LanguageModelV4, 'doStream'>;

/** The model that a run is configured with. Throws MODEL_NOT_CONFIGURED where its provider has no key or address. */
export type OpenModel = (config: ModelConfig) => Promise<StreamingModel>;
