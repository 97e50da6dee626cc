import { z } from 'zod';

/** Neither a query nor a fragment may follow, because paths are appended; credentials belong nowhere in an address. */
function isPlainAddress(text: string): boolean {
  if (/[?#]/.test(text)) return false;
  try {
    const { username, password } = new URL(text);
    return username === '' && password === '';
  } catch {
    return false;
  }
}

/** Where a provider's API begins. Private addresses are allowed: many models run at home. */
export const baseUrlSchema = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
  .max(2_000)
  .refine(isPlainAddress, 'must have no user, password, query or fragment');

/** A provider's key: what an HTTP header can carry. */
export const apiKeySchema = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]{1,4096}$/, 'must be 1..4096 printable characters without spaces');

/** What a model provider is asked with. */
export const providerSettingsSchema = z.object({ baseUrl: baseUrlSchema, apiKey: apiKeySchema });
export type ProviderSettings = z.infer<typeof providerSettingsSchema>;

/** An organization's settings of each provider that takes a key: what is sealed to a runtime. */
export const providerKeysSchema = z.object({ 'openai-compatible': providerSettingsSchema.optional() });
export type ProviderKeys = z.infer<typeof providerKeysSchema>;

/** The providers that take a key. */
export const providerNameSchema = providerKeysSchema.keyof();
export type ProviderName = z.infer<typeof providerNameSchema>;
