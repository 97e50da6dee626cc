import type { ProviderSettings } from '@semibot/protocol';
import { z } from 'zod';

/** Below the time after which the relay asks another chat, in milliseconds. */
const TIMEOUT_MS = 1_500;
const ANSWER_MAX_BYTES = 1024 * 1024;
const MODELS_MAX = 1_000;

/** What OpenAI's API answers to `GET /models`, as far as it matters. */
const answerSchema = z.object({ data: z.array(z.object({ id: z.string().min(1).max(200) })) });

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > ANSWER_MAX_BYTES) throw new Error(`the answer has more than ${ANSWER_MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * The models that a provider lists, by name. Throws where it does not answer in time or not with a list; the error
 * holds nothing that the provider said. A redirect is not followed: the key is meant for this address alone.
 */
export async function askModels({ baseUrl, apiKey }: ProviderSettings): Promise<string[]> {
  const response = await fetch(`${baseUrl.replace(/\/+$/, '')}/models`, {
    headers: { authorization: `Bearer ${apiKey}`, accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw new Error(`the provider answered with status ${response.status}`);
  }
  const answer = answerSchema.safeParse(parseJson(await readText(response.body)));
  if (!answer.success) throw new Error('the provider answered with something else than a list of models');
  return [...new Set(answer.data.data.map(({ id }) => id))].sort().slice(0, MODELS_MAX);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Its message would quote what the provider said.
    return undefined;
  }
}
