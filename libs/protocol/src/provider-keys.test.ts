import { describe, expect, it } from 'vitest';
import { apiKeySchema, baseUrlSchema } from './provider-keys.ts';

describe("a provider's address", () => {
  it.each([
    'https://api.openai.com/v1',
    'http://127.0.0.1:11434/v1/',
    'http://192.168.1.20:8080',
    'http://[::1]:8000/v1',
    'http://llm/v1',
  ])('may be %s', (address) => {
    expect(baseUrlSchema.parse(address)).toBe(address);
  });

  it.each([
    'https://someone:secret@api.example/v1',
    'https://someone@api.example/v1',
    'https://api.example/v1?key=secret',
    'https://api.example/v1#secret',
    'ftp://api.example/v1',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'api.example/v1',
    '',
  ])('may not be %j, and the refusal does not repeat it', (address) => {
    const result = baseUrlSchema.safeParse(address);
    expect(result.success).toBe(false);
    expect(JSON.stringify(result.error)).not.toContain('secret');
  });
});

describe("a provider's key", () => {
  it('is taken without the white space around it', () => {
    expect(apiKeySchema.parse(' sk-1\n')).toBe('sk-1');
  });

  it.each(['', ' ', 'sk 1', 'sk-1\r\nx-evil: 1', 'schlüssel', 'x'.repeat(4_097)])('may not be %j', (key) => {
    expect(apiKeySchema.safeParse(key).success).toBe(false);
  });
});
