import { errorBodySchema, type Language, limits } from '@semibot/protocol';
import { z } from 'zod';
import { RequestFailure } from './request-failure.ts';

const BASE = '/api/v1';
/** A call's answer is waited for this long: a little more than the relay waits for its services. */
const ANSWER_TIMEOUT_MS = limits.API_REQUEST_TIMEOUT_MS + 5_000;

const errorSchema = z.object({ success: z.literal(false), error: errorBodySchema });

export interface HttpCall {
  method: string;
  /** Below the API's base, with its query. */
  path: string;
  body?: unknown;
  idempotencyKey?: string;
  accessToken: string | null;
  language: Language;
  /** What the caller reads; an event stream is waited for without a limit once it is open. */
  accept: 'application/json' | 'text/event-stream';
  signal?: AbortSignal;
}

/** Sends one HTTP request to the API. Resolves with a successful answer, rejects with a RequestFailure otherwise. */
export async function sendHttp(call: HttpCall): Promise<Response> {
  const headers = new Headers({ accept: call.accept, 'accept-language': call.language });
  if (call.accessToken) headers.set('authorization', `Bearer ${call.accessToken}`);
  if (call.idempotencyKey) headers.set('idempotency-key', call.idempotencyKey);
  if (call.body !== undefined) headers.set('content-type', 'application/json');
  const overdue = new AbortController();
  const timer = setTimeout(() => overdue.abort(), ANSWER_TIMEOUT_MS);
  const signals = call.signal ? [overdue.signal, call.signal] : [overdue.signal];
  try {
    const response = await fetch(BASE + call.path, {
      method: call.method,
      headers,
      signal: AbortSignal.any(signals),
      cache: 'no-store',
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
    if (!response.ok) throw await failureOf(response);
    return response;
  } catch (thrown) {
    throw RequestFailure.from(thrown);
  } finally {
    clearTimeout(timer);
  }
}

async function failureOf(response: Response): Promise<RequestFailure> {
  const retryAfterMs = retryAfter(response.headers.get('retry-after'));
  const parsed = errorSchema.safeParse(await response.json().catch(() => null));
  if (!parsed.success) {
    return new RequestFailure(response.status, 'UNREADABLE', `HTTP ${response.status}`, retryAfterMs);
  }
  const { code, message } = parsed.data.error;
  return new RequestFailure(response.status, code, message, retryAfterMs);
}

/** `Retry-After` in seconds, as milliseconds; its date form is not used by the API. */
function retryAfter(header: string | null): number | null {
  const seconds = header === null ? Number.NaN : Number(header);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : null;
}
