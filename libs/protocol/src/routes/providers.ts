import { z } from 'zod';
import { defineRoute } from '../define-route.ts';
import { modelConfigSchema } from '../messages/requests.ts';
import { apiKeySchema, baseUrlSchema, providerNameSchema } from '../provider-keys.ts';

/** A model provider as an organization has it. The key itself is never told. */
export const providerSchema = z.object({
  name: providerNameSchema,
  /** Runs that use it have a key. */
  configured: z.boolean(),
  /**
   * Whose key that is: the organization's own, or the one that comes with this installation; null where there is none.
   * `organization` and not configured: what was kept cannot be read any more and must be set again.
   */
  source: z.enum(['organization', 'system']).nullable(),
  /** Told to owners and admins only, as is what follows. */
  baseUrl: z.string().nullable(),
  /** The last 4 characters of the organization's own key, where it is long enough for them to tell nothing. */
  keyEnding: z.string().length(4).nullable(),
  updatedAt: z.iso.datetime().nullable(),
});
export type Provider = z.infer<typeof providerSchema>;

export const providerModelsSchema = z.object({
  provider: modelConfigSchema.shape.provider,
  models: z.array(z.string()),
  /** Who told them: they come with every install, the provider did, or they are those that agents use. */
  source: z.enum(['built-in', 'provider', 'agents']),
});
export type ProviderModels = z.infer<typeof providerModelsSchema>;

const providers = { service: 'chat', resource: 'providers' } as const;
const params = z.object({ name: providerNameSchema });

export const providerRoutes = {
  list: defineRoute({
    ...providers,
    verb: 'list',
    method: 'GET',
    path: '/llm-providers',
    data: z.array(providerSchema),
    description: 'The model providers that take a key, and which of them have one.',
  }),
  get: defineRoute({
    ...providers,
    verb: 'get',
    method: 'GET',
    path: '/llm-providers/:name',
    params,
    data: providerSchema,
    description: 'One model provider.',
  }),
  set: defineRoute({
    ...providers,
    verb: 'set',
    method: 'PUT',
    path: '/llm-providers/:name',
    params,
    body: z.object({ apiKey: apiKeySchema, baseUrl: baseUrlSchema.optional() }),
    data: providerSchema,
    description:
      "Sets the organization's own key, which nobody can read back, and the provider's address; without one, the " +
      'address stays as it is. Runtimes use it from their next run on. Owners and admins only.',
  }),
  remove: defineRoute({
    ...providers,
    verb: 'remove',
    method: 'DELETE',
    path: '/llm-providers/:name',
    params,
    data: providerSchema,
    description:
      "Forgets the organization's own key and address; what comes with the installation counts again. " +
      'Owners and admins only.',
  }),
  models: defineRoute({
    ...providers,
    verb: 'models',
    method: 'GET',
    path: '/models',
    data: z.array(providerModelsSchema),
    description:
      'The models of each provider that is configured: as the provider tells them, or, where it does not, those that ' +
      'agents use.',
  }),
};
