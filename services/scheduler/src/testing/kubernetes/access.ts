import { z } from 'zod';
import type { ApiObject } from './api-object.ts';

const ruleSchema = z.looseObject({
  apiGroups: z.array(z.string()),
  resources: z.array(z.string()),
  verbs: z.array(z.string()),
  resourceNames: z.array(z.string()).optional(),
});
const roleSchema = z.looseObject({ rules: z.array(ruleSchema) });
const bindingSchema = z.looseObject({
  roleRef: z.looseObject({ kind: z.literal('Role'), name: z.string() }),
  subjects: z.array(z.looseObject({ kind: z.string(), name: z.string(), namespace: z.string().optional() })),
});

/** Everything that a role allows, as `verb resource`. */
export const allowedBy = (role: ApiObject): string[] =>
  roleSchema
    .parse(role)
    .rules.flatMap(({ verbs, resources }) =>
      verbs.flatMap((verb) => resources.map((resource) => `${verb} ${resource}`)),
    );

/** A service account, as `namespace` and `name`. */
export interface Account {
  namespace: string;
  name: string;
}

/** Whether a namespace's roles and their bindings let the account do that there. */
export function mayDo(
  account: Account,
  wanted: { verb: string; plural: string; group: string; name: string },
  roles: ApiObject[],
  bindings: ApiObject[],
): boolean {
  return bindings.some((object) => {
    const binding = bindingSchema.parse(object);
    const bound = binding.subjects.some(
      ({ kind, name, namespace }) =>
        kind === 'ServiceAccount' && name === account.name && namespace === account.namespace,
    );
    const role = roles.find(({ metadata }) => metadata.name === binding.roleRef.name);
    if (!bound || !role) return false;
    return roleSchema
      .parse(role)
      .rules.some(
        (rule) =>
          rule.apiGroups.includes(wanted.group) &&
          rule.resources.includes(wanted.plural) &&
          rule.verbs.includes(wanted.verb) &&
          (rule.resourceNames?.includes(wanted.name) ?? true),
      );
  });
}
