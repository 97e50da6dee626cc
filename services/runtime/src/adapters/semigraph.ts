import type { LanguageModelV4Prompt } from '@ai-sdk/provider';
import { abortable } from '../abortable.ts';
import type { OpenModel } from '../models/model.ts';
import { streamStep } from '../models/stream-step.ts';
import type { Said } from '../runs/said.ts';
import type { Adapter, RunContext } from './adapter.ts';

/** Between what one step says and what the next one says. */
const STEP_SEPARATOR = '\n\n';

/** The agent's loop: a model call a step, and one more step for as long as somebody steers. */
export function createSemigraph(openModel: OpenModel): Adapter {
  return {
    async handleUserMessage(desk) {
      const { model: config } = desk.context;
      const said: Said[] = [...desk.said];
      for (;;) {
        await desk.checkpoint(said);
        // For each step, because its key may have been changed or taken away meanwhile.
        const model = await abortable(openModel(config), desk.signal);
        const text = await streamStep({
          model,
          config,
          prompt: promptOf(desk.context, said),
          signal: desk.signal,
          separator: said.some(isText) ? STEP_SEPARATOR : '',
          emit: desk.emit,
          writable: desk.writable,
        });
        said.push({ role: 'assistant', text });
        const steering = desk.steering(said);
        if (steering.length === 0) return said;
        said.push(...steering);
      }
    },
  };
}

const isText = (one: Said): boolean => one.role === 'assistant' && one.text !== '';

function promptOf(context: RunContext, said: readonly Said[]): LanguageModelV4Prompt {
  const conversation = [...context.turns, ...said].map(({ role, text }): LanguageModelV4Prompt[number] => ({
    role,
    content: [{ type: 'text', text }],
  }));
  return context.systemPrompt === ''
    ? conversation
    : [{ role: 'system', content: context.systemPrompt }, ...conversation];
}
