import { openApiDocument } from '@semibot/protocol';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';

describe('the OpenAPI document', () => {
  it('is one by the official schema', async () => {
    const result = await new Validator().validate(structuredClone({ ...openApiDocument('1.2.3') }));
    expect(result).toEqual({ valid: true });
  });
});
