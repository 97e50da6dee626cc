import { z } from 'zod';
import { defineRoute, pageMetaSchema, pageQuerySchema } from '../define-route.ts';
import { idSchema } from '../ids.ts';
import { TITLE_MAX_CHARACTERS } from '../limits.ts';
import { modelConfigSchema } from '../messages/requests.ts';

export const agentSchema = z.object({
  id: idSchema,
  name: z.string(),
  description: z.string(),
  systemPrompt: z.string(),
  model: modelConfigSchema,
  /** Comes with every install and belongs to no organization. */
  system: z.boolean(),
  createdAt: z.iso.datetime(),
});
export type Agent = z.infer<typeof agentSchema>;

export const agentRoutes = {
  list: defineRoute({
    service: 'chat',
    resource: 'agents',
    verb: 'list',
    method: 'GET',
    path: '/agents',
    query: pageQuerySchema,
    data: z.array(agentSchema),
    meta: pageMetaSchema,
    description: "The organization's agents and those that come with every install, newest first.",
  }),
  create: defineRoute({
    service: 'chat',
    resource: 'agents',
    verb: 'create',
    method: 'POST',
    path: '/agents',
    status: 201,
    body: z.object({
      name: z.string().trim().min(1).max(TITLE_MAX_CHARACTERS),
      description: z.string().max(2_000).default(''),
      systemPrompt: z.string().max(50_000).default(''),
      model: modelConfigSchema,
    }),
    data: agentSchema,
    description: 'Makes an agent. Owners and admins only.',
  }),
};
