import type { ProviderKeys } from '@semibot/protocol';
import { SemibotError } from '@semibot/protocol';
import { createDemoModel } from './demo/demo-model.ts';
import type { OpenModel } from './model.ts';

/** Opens models by their provider. A provider's SDK is loaded with the first run that needs it. */
export function createModels(keys: () => Promise<ProviderKeys>): OpenModel {
  return async (config) => {
    switch (config.provider) {
      case 'demo':
        return createDemoModel();
      case 'openai-compatible': {
        const { 'openai-compatible': settings } = await keys();
        if (!settings) throw new SemibotError('MODEL_NOT_CONFIGURED');
        const { createOpenAiModel } = await import('./openai-compatible.ts');
        return createOpenAiModel(settings, config.model);
      }
    }
  };
}
