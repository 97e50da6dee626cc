import { z } from 'zod';
import type { ApiObject } from './api-object.ts';
import { forbidden, invalid } from './api-status.ts';
import { amountOf, type Container, type PodSpec, podSpecOf } from './pod.ts';

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_MAX = 63;
const ENV_NAME = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;
/** What the restricted standard lets a pod mount. */
const RESTRICTED_VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

/** Refuses pods that contradict themselves. */
export function checkPod(pod: ApiObject): void {
  const spec = podSpecOf(pod);
  const causes = spec.containers.flatMap((container, index) =>
    containerFaults(container, `spec.containers[${index}]`, spec),
  );
  if (!['Always', 'OnFailure', 'Never'].includes(spec.restartPolicy))
    causes.push(
      `spec.restartPolicy: Unsupported value: "${spec.restartPolicy}": supported values: "Always", "OnFailure", "Never"`,
    );
  const names = spec.volumes.map((volume) => volume.name);
  names.forEach((name, index) => {
    if (names.indexOf(name) !== index) causes.push(`spec.volumes[${index}].name: Duplicate value: "${name}"`);
  });
  if (causes.length > 0) throw invalid('Pod', pod.metadata.name, causes);
}

function containerFaults(container: Container, path: string, spec: PodSpec): string[] {
  const { name, image, env, volumeMounts, resources } = container;
  const faults: string[] = [];
  if (!LABEL.test(name) || name.length > LABEL_MAX)
    faults.push(
      `${path}.name: Invalid value: "${name}": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-'`,
    );
  if (!image) faults.push(`${path}.image: Required value`);
  env.forEach((variable, index) => {
    const at = `${path}.env[${index}]`;
    if (!ENV_NAME.test(variable.name))
      faults.push(
        `${at}.name: Invalid value: "${variable.name}": a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.'`,
      );
  });
  volumeMounts.forEach((mount, index) => {
    if (!spec.volumes.some((volume) => volume.name === mount.name))
      faults.push(`${path}.volumeMounts[${index}].name: Not found: "${mount.name}"`);
  });
  for (const [resource, quantity] of Object.entries(resources.requests)) {
    const limit = resources.limits[resource];
    if (limit !== undefined && amountOf(quantity) > amountOf(limit))
      faults.push(
        `${path}.resources.requests: Invalid value: "${quantity}": must be less than or equal to ${resource} limit of ${limit}`,
      );
  }
  return faults;
}

/** Refuses pods that the Pod Security standard `restricted` refuses, where the namespace asks for it. */
export function checkPodSecurity(pod: ApiObject, namespace: ApiObject): void {
  const level = namespace.metadata.labels?.['pod-security.kubernetes.io/enforce'];
  if (level !== 'restricted') return;
  const spec = podSpecOf(pod);
  const faults: string[] = [];
  const each = (what: string, wrong: (container: Container) => boolean): void => {
    for (const container of spec.containers)
      if (wrong(container)) faults.push(`${what} (container "${container.name}" must set it)`);
  };
  each('allowPrivilegeEscalation != false', (c) => c.securityContext.allowPrivilegeEscalation !== false);
  each('unrestricted capabilities', (c) => !c.securityContext.capabilities?.drop.includes('ALL'));
  each('privileged', (c) => c.securityContext.privileged === true);
  each(
    'runAsNonRoot != true',
    (c) => (c.securityContext.runAsNonRoot ?? spec.securityContext.runAsNonRoot) !== true,
  );
  each('seccompProfile', (c) => {
    const profile = c.securityContext.seccompProfile ?? spec.securityContext.seccompProfile;
    return !profile || !['RuntimeDefault', 'Localhost'].includes(profile.type);
  });
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC'])
    if (spec[field] === true) faults.push(`host namespaces (${field}=true)`);
  for (const volume of spec.volumes)
    for (const type of Object.keys(volume))
      if (type !== 'name' && !RESTRICTED_VOLUMES.includes(type))
        faults.push(`restricted volume types (volume "${volume.name}" uses ${type})`);
  if (faults.length > 0)
    throw forbidden(
      'pods',
      pod.metadata.name,
      `violates PodSecurity "restricted:latest": ${faults.join(', ')}`,
    );
}

const quotaSchema = z.looseObject({
  hard: z.record(z.string(), z.union([z.string(), z.number()]).transform(String)),
});

/** Refuses what a quota has no room for. */
export function checkQuota(
  kind: string,
  plural: string,
  object: ApiObject,
  quota: ApiObject,
  used: ApiObject[],
): void {
  const { hard } = quotaSchema.parse(quota.spec);
  const asked = usageOf(kind, plural, object);
  for (const [resource, limit] of Object.entries(hard)) {
    const wanted = asked[resource];
    if (wanted === undefined) continue;
    if (wanted === null)
      throw forbidden(
        plural,
        object.metadata.name,
        `failed quota: ${quota.metadata.name}: must specify ${resource}`,
      );
    const taken = used.reduce((sum, one) => sum + (usageOf(kind, plural, one)[resource] ?? 0), 0);
    if (taken + wanted > amountOf(limit))
      throw forbidden(
        plural,
        object.metadata.name,
        `exceeded quota: ${quota.metadata.name}, requested: ${resource}=${wanted}, used: ${resource}=${taken}, limited: ${resource}=${limit}`,
      );
  }
}

/** By the names that quotas have for it; null where the object should say and does not. */
function usageOf(kind: string, plural: string, object: ApiObject): Record<string, number | null> {
  const usage: Record<string, number | null> = { [plural]: 1, [`count/${plural}`]: 1 };
  if (kind === 'PersistentVolumeClaim') usage['requests.storage'] = storageOf(object);
  if (kind !== 'Pod') return usage;
  for (const [sort, resource] of [
    ['requests', 'cpu'],
    ['requests', 'memory'],
    ['limits', 'cpu'],
    ['limits', 'memory'],
  ] as const) {
    const amounts = podSpecOf(object).containers.map(({ resources }) => resources[sort][resource]);
    usage[`${sort}.${resource}`] = amounts.includes(undefined)
      ? null
      : amounts.reduce((sum, amount) => sum + amountOf(amount ?? '0'), 0);
  }
  return usage;
}

const claimSpecSchema = z.looseObject({
  resources: z.looseObject({ requests: z.looseObject({ storage: z.string() }) }),
});
const storageOf = (claim: ApiObject): number =>
  amountOf(claimSpecSchema.parse(claim.spec).resources.requests.storage);
