import { type ErrorBody, type Language, type RouteDefinition, SemibotError } from '@semibot/protocol';
import type { FastifyReply } from 'fastify';

/** When to come back where a part of the system is away, in seconds. */
const RETRY_AFTER_S = 1;

/** Every answer of the API but streams and documents. */
export type Envelope =
  | { success: true; data: unknown; meta?: unknown }
  | { success: false; error: ErrorBody };

/** Answers with what a route gave. */
export function sendSuccess(
  reply: FastifyReply,
  route: RouteDefinition,
  result: { data: unknown; meta: unknown },
): FastifyReply {
  const { data, meta } = result;
  const envelope: Envelope = { success: true, data, ...(meta === undefined ? {} : { meta }) };
  return reply.code(route.status).header('Cache-Control', 'no-store').send(envelope);
}

/** Answers with what went wrong: code, status and a text in the caller's language, nothing of the cause. */
export function sendFailure(reply: FastifyReply, error: SemibotError, language: Language): FastifyReply {
  if (error.status === 503 && !reply.hasHeader('Retry-After')) reply.header('Retry-After', RETRY_AFTER_S);
  const envelope: Envelope = { success: false, error: error.toBody(language) };
  return reply.code(error.status).header('Cache-Control', 'no-store').send(envelope);
}

/** Fastify's own errors, by their codes, as ours. */
const FASTIFY_ERRORS: Record<string, 'BODY_TOO_LARGE' | 'VALIDATION_FAILED' | 'NOT_FOUND'> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'VALIDATION_FAILED',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'VALIDATION_FAILED',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'VALIDATION_FAILED',
  FST_ERR_BAD_URL: 'NOT_FOUND',
  FST_ERR_MAX_PARAM_LENGTH: 'NOT_FOUND',
};

/** Anything thrown while a request was handled, as an error of ours. */
export function errorOf(thrown: unknown): SemibotError {
  if (thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string') {
    const code = FASTIFY_ERRORS[thrown.code];
    if (code) return new SemibotError(code, { cause: thrown });
  }
  return SemibotError.from(thrown);
}
