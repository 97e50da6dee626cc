import { describe, expect, it } from 'vitest';
import { toProvider } from './to-provider.ts';

const NAME = 'openai-compatible';
const none = { baseUrl: 'https://api.example/v1', apiKey: null };
const installed = { ...none, apiKey: 'sk-of-the-installation' };
const updatedAt = new Date('2026-01-02T03:04:05Z');
const own = (apiKey: string) => ({ settings: { baseUrl: 'http://llm/v1', apiKey }, updatedAt });

describe('a provider', () => {
  it('is not configured where nobody has a key for it', () => {
    expect(toProvider(NAME, undefined, none, true)).toEqual({
      name: NAME,
      configured: false,
      source: null,
      baseUrl: 'https://api.example/v1',
      keyEnding: null,
      updatedAt: null,
    });
  });

  it("shows nothing of the installation's key", () => {
    expect(toProvider(NAME, undefined, installed, true)).toMatchObject({
      configured: true,
      source: 'system',
      keyEnding: null,
    });
  });

  it("shows the last 4 characters of the organization's key, and no more", () => {
    const shown = toProvider(NAME, own('sk-123456789-abcd'), installed, true);
    expect(shown).toEqual({
      name: NAME,
      configured: true,
      source: 'organization',
      baseUrl: 'http://llm/v1',
      keyEnding: 'abcd',
      updatedAt: '2026-01-02T03:04:05.000Z',
    });
    expect(JSON.stringify(shown)).not.toContain('9-abcd');
  });

  it('shows nothing of a key that is short', () => {
    expect(toProvider(NAME, own('none'), none, true).keyEnding).toBeNull();
  });

  it('tells a member only whether it can be used', () => {
    expect(toProvider(NAME, own('sk-123456789-abcd'), none, false)).toEqual({
      name: NAME,
      configured: true,
      source: 'organization',
      baseUrl: null,
      keyEnding: null,
      updatedAt: null,
    });
  });

  it("whose settings cannot be read is not configured, though the installation's would do", () => {
    expect(toProvider(NAME, { settings: null, updatedAt }, installed, true)).toMatchObject({
      configured: false,
      source: 'organization',
      baseUrl: null,
      keyEnding: null,
    });
  });
});
