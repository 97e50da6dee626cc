import { z } from 'zod';

const ownerSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
});

/** What any object has, as far as the server itself reads it. */
export const apiObjectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string().default(''),
    namespace: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    ownerReferences: z.array(ownerSchema).optional(),
    uid: z.string().optional(),
    resourceVersion: z.string().optional(),
    creationTimestamp: z.string().optional(),
    deletionTimestamp: z.string().optional(),
    deletionGracePeriodSeconds: z.number().optional(),
  }),
});
export type ApiObject = z.output<typeof apiObjectSchema>;

/** A kind of object that the server keeps. */
export interface Resource {
  /** As in paths and in roles. */
  plural: string;
  kind: string;
  apiVersion: string;
  namespaced: boolean;
}

const kept = (apiVersion: string, kind: string, plural: string, namespaced = true): Resource => ({
  apiVersion,
  kind,
  plural,
  namespaced,
});

export const RESOURCES = [
  kept('v1', 'Namespace', 'namespaces', false),
  kept('v1', 'ServiceAccount', 'serviceaccounts'),
  kept('v1', 'ResourceQuota', 'resourcequotas'),
  kept('v1', 'Pod', 'pods'),
  kept('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims'),
  kept('v1', 'Secret', 'secrets'),
  kept('rbac.authorization.k8s.io/v1', 'Role', 'roles'),
  kept('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings'),
  kept('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies'),
] as const;
