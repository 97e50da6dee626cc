import { type ErrorCode, SemibotError } from '@semibot/protocol';
import { z } from 'zod';
import { RunFailure } from './run-failure.ts';

/**
 * What is read of an error: the HTTP status of a refused call, as the SDK's APICallError carries it; the code and the
 * type of one that came inside the stream, as OpenAI words it; the code that Node gives a broken connection.
 */
const errorSchema = z.object({
  statusCode: z.int().optional().catch(undefined),
  code: z.union([z.string(), z.int()]).optional().catch(undefined),
  type: z.string().optional().catch(undefined),
  cause: z.unknown().optional(),
});

const CODES: Record<string, ErrorCode> = {
  401: 'MODEL_AUTH_FAILED',
  403: 'MODEL_AUTH_FAILED',
  invalid_api_key: 'MODEL_AUTH_FAILED',
  authentication_error: 'MODEL_AUTH_FAILED',
  429: 'MODEL_RATE_LIMITED',
  rate_limit_exceeded: 'MODEL_RATE_LIMITED',
  rate_limit_error: 'MODEL_RATE_LIMITED',
  insufficient_quota: 'MODEL_RATE_LIMITED',
  408: 'MODEL_TIMEOUT',
  504: 'MODEL_TIMEOUT',
  ETIMEDOUT: 'MODEL_TIMEOUT',
  UND_ERR_CONNECT_TIMEOUT: 'MODEL_TIMEOUT',
  UND_ERR_HEADERS_TIMEOUT: 'MODEL_TIMEOUT',
  UND_ERR_BODY_TIMEOUT: 'MODEL_TIMEOUT',
};
const MAX_CAUSES = 5;
/** A reason is a short word of its kind; anything else might quote what nobody should read. */
const REASON = /^[A-Za-z0-9_-]{1,64}$/;

/** All that the error and its causes say of why, the outermost first. */
function reasonsOf(thrown: unknown): string[] {
  const reasons: string[] = [];
  let error = thrown;
  for (let depth = 0; depth < MAX_CAUSES; depth += 1) {
    const read = errorSchema.safeParse(error);
    if (!read.success) break;
    const { statusCode, code, type, cause } = read.data;
    for (const reason of [statusCode, code, type]) if (reason !== undefined) reasons.push(String(reason));
    error = cause;
  }
  return reasons.filter((reason) => REASON.test(reason));
}

/** Why a model's call failed, in a word for the log: a status or a code. */
export const reasonOf = (thrown: unknown): string | undefined => reasonsOf(thrown)[0];

/**
 * Whatever a model threw, as an error with a code and a text for people. The text is ours alone: a provider's may
 * quote the key or the conversation. What it threw stays as the cause.
 */
export function toModelError(thrown: unknown): SemibotError | RunFailure {
  if (thrown instanceof SemibotError || thrown instanceof RunFailure) return thrown;
  const code = reasonsOf(thrown).flatMap((reason) => CODES[reason] ?? [])[0];
  return new SemibotError(code ?? 'MODEL_FAILED', { cause: thrown });
}
