import * as models from '@kubernetes/client-node';
import { validate as namespace } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Namespace';
import { validate as claim } from 'kubernetes-models/_schemas/IoK8sApiCoreV1PersistentVolumeClaim';
import { validate as pod } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Pod';
import { validate as quota } from 'kubernetes-models/_schemas/IoK8sApiCoreV1ResourceQuota';
import { validate as secret } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Secret';
import { validate as serviceAccount } from 'kubernetes-models/_schemas/IoK8sApiCoreV1ServiceAccount';
import { validate as networkPolicy } from 'kubernetes-models/_schemas/IoK8sApiNetworkingV1NetworkPolicy';
import { validate as role } from 'kubernetes-models/_schemas/IoK8sApiRbacV1Role';
import { validate as roleBinding } from 'kubernetes-models/_schemas/IoK8sApiRbacV1RoleBinding';
import { z } from 'zod';
import type { ApiObject } from './api-object.ts';
import { badRequest, invalid } from './api-status.ts';

/** From Kubernetes' own OpenAPI document. */
const VALIDATORS: Record<string, ((data: unknown) => boolean) & { errors?: unknown }> = {
  Namespace: namespace,
  PersistentVolumeClaim: claim,
  Pod: pod,
  ResourceQuota: quota,
  Secret: secret,
  ServiceAccount: serviceAccount,
  NetworkPolicy: networkPolicy,
  Role: role,
  RoleBinding: roleBinding,
};
const schemaErrorsSchema = z.array(
  z.looseObject({
    instancePath: z.string(),
    keyword: z.string(),
    message: z.string().optional(),
    params: z.looseObject({ missingProperty: z.string().optional() }),
  }),
);

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const NAME_MAX = 253;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const LABEL_NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_MAX = 63;

/** Refuses what the API would refuse of any object, and unknown fields, as `kubectl apply` has it do. */
export function checkObject(object: ApiObject): void {
  const { kind, metadata } = object;
  const unknown = unknownFields(object, `V1${kind}`, '');
  if (unknown.length > 0)
    throw badRequest(
      `strict decoding error: ${unknown.map((path) => `unknown field "${path.slice(1)}"`).join(', ')}`,
    );
  checkSchema(object);
  const causes: string[] = [];
  if (!SUBDOMAIN.test(metadata.name) || metadata.name.length > NAME_MAX)
    causes.push(
      metadata.name
        ? `metadata.name: Invalid value: "${metadata.name}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character`
        : 'metadata.name: Required value: name or generateName is required',
    );
  for (const [label, value] of Object.entries(metadata.labels ?? {})) {
    const [prefix, name] = label.includes('/') ? label.split('/', 2) : [undefined, label];
    if (!name || !LABEL_NAME.test(name) || name.length > LABEL_MAX || (prefix && !SUBDOMAIN.test(prefix)))
      causes.push(`metadata.labels: Invalid value: "${label}": name part must be a valid label name`);
    if (!LABEL_VALUE.test(value) || value.length > LABEL_MAX)
      causes.push(
        `metadata.labels: Invalid value: "${value}": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'`,
      );
  }
  if (causes.length > 0) throw invalid(kind, metadata.name, causes);
}

function checkSchema(object: ApiObject): void {
  const { kind, metadata } = object;
  const validate = VALIDATORS[kind];
  if (!validate) throw badRequest(`no kind "${kind}" is registered`);
  if (validate(object)) return;
  const errors = schemaErrorsSchema.parse(validate.errors);
  const missing = errors.filter((error) => error.keyword === 'required');
  if (missing.length > 0)
    throw invalid(
      kind,
      metadata.name,
      missing.map(
        ({ instancePath, params }) => `${fieldOf(instancePath)}.${params.missingProperty}: Required value`,
      ),
    );
  throw badRequest(
    `${kind} in version "${object.apiVersion}" cannot be handled as a ${kind}: ${errors
      .map(({ instancePath, message }) => `${fieldOf(instancePath)} ${message}`)
      .join(', ')}`,
  );
}

const fieldOf = (pointer: string): string =>
  pointer
    .slice(1)
    .replaceAll(/\/(\d+)/g, '[$1]')
    .replaceAll('/', '.');

const attributesSchema = z.array(z.looseObject({ baseName: z.string(), type: z.string() }));
const classes: Record<string, unknown> = { ...models };

/** The fields of an API type and their types, by their names in JSON; null where it is not an object's. */
function fieldsOf(type: string): Map<string, string> | null {
  const model = classes[type];
  if (typeof model !== 'function' || !('getAttributeTypeMap' in model)) return null;
  const { getAttributeTypeMap } = model;
  if (typeof getAttributeTypeMap !== 'function') return null;
  const attributes = attributesSchema.parse(getAttributeTypeMap.call(model));
  return new Map(attributes.map((attribute) => [attribute.baseName, attribute.type]));
}

/** The paths of fields that the type does not have. The client knows the types of all. */
function unknownFields(value: unknown, type: string, path: string): string[] {
  const item = /^Array<(.+)>$/.exec(type)?.[1];
  if (item !== undefined)
    return Array.isArray(value)
      ? value.flatMap((element, index) => unknownFields(element, item, `${path}[${index}]`))
      : [];
  const fields = fieldsOf(type);
  if (!fields || typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([field, inner]) => {
    const of = fields.get(field);
    return of === undefined ? [`${path}.${field}`] : unknownFields(inner, of, `${path}.${field}`);
  });
}
