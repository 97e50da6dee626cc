import { SemibotError } from '@semibot/protocol';
import { describe, expect, it } from 'vitest';
import { reasonOf, toModelError } from './model-error.ts';
import { RunFailure } from './run-failure.ts';

const connectionError = (code: string): Error =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('connect'), { code }) });

describe("a model's error", () => {
  it.each([
    [{ statusCode: 401 }, 'MODEL_AUTH_FAILED'],
    [{ statusCode: 403 }, 'MODEL_AUTH_FAILED'],
    [{ statusCode: 429 }, 'MODEL_RATE_LIMITED'],
    [{ statusCode: 408 }, 'MODEL_TIMEOUT'],
    [{ statusCode: 500 }, 'MODEL_FAILED'],
    [{ code: 429, message: 'slow down' }, 'MODEL_RATE_LIMITED'],
    [{ code: null, type: 'rate_limit_error' }, 'MODEL_RATE_LIMITED'],
    [{ code: 'invalid_api_key', type: 'invalid_request_error' }, 'MODEL_AUTH_FAILED'],
    [connectionError('UND_ERR_HEADERS_TIMEOUT'), 'MODEL_TIMEOUT'],
    [connectionError('ECONNREFUSED'), 'MODEL_FAILED'],
    ['a text', 'MODEL_FAILED'],
    [null, 'MODEL_FAILED'],
  ])('%j becomes %s', (thrown, code) => {
    expect(toModelError(thrown)).toMatchObject({ code, cause: thrown });
  });

  it('says nothing of what the provider said', () => {
    const thrown = Object.assign(new Error('Incorrect API key provided: sk-12345'), { statusCode: 401 });
    const error = toModelError(thrown);
    expect(error.message).toBe('The model provider refused the key.');
    expect(reasonOf(error.cause)).toBe('401');
  });

  it('is told in the log by a status or a code, never by a sentence', () => {
    expect(reasonOf(connectionError('ECONNREFUSED'))).toBe('ECONNREFUSED');
    expect(reasonOf({ code: 'the key sk-12345 is wrong' })).toBeUndefined();
  });

  it('stays what it is where it has a code of its own', () => {
    const failures = [new SemibotError('MODEL_NOT_CONFIGURED'), new RunFailure('OUT_OF_TEA', 'No tea.')];
    expect(failures.map(toModelError)).toEqual(failures);
  });
});
