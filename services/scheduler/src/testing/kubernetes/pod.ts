import { z } from 'zod';
import type { ApiObject } from './api-object.ts';

const quantities = z.record(z.string(), z.union([z.string(), z.number()]).transform(String));
const mountSchema = z.looseObject({ name: z.string(), mountPath: z.string() });

const envSchema = z.looseObject({ name: z.string(), value: z.string().default('') });

const containerSchema = z.looseObject({
  name: z.string(),
  image: z.string().optional(),
  env: z.array(envSchema).default([]),
  resources: z
    .looseObject({ requests: quantities.default({}), limits: quantities.default({}) })
    .default({ requests: {}, limits: {} }),
  securityContext: z
    .looseObject({
      allowPrivilegeEscalation: z.boolean().optional(),
      privileged: z.boolean().optional(),
      runAsNonRoot: z.boolean().optional(),
      capabilities: z.looseObject({ drop: z.array(z.string()).default([]) }).optional(),
      seccompProfile: z.looseObject({ type: z.string() }).optional(),
    })
    .default({}),
  volumeMounts: z.array(mountSchema).default([]),
});

/** The parts of a pod that admission, the scheduler and the kubelet read. */
const podSpecSchema = z.looseObject({
  restartPolicy: z.string().default('Always'),
  nodeName: z.string().optional(),
  terminationGracePeriodSeconds: z.number().default(30),
  securityContext: z
    .looseObject({
      runAsNonRoot: z.boolean().optional(),
      seccompProfile: z.looseObject({ type: z.string() }).optional(),
    })
    .default({}),
  containers: z.array(containerSchema).min(1),
  volumes: z
    .array(
      z.looseObject({
        name: z.string(),
        persistentVolumeClaim: z.looseObject({ claimName: z.string() }).optional(),
        secret: z.looseObject({ secretName: z.string() }).optional(),
      }),
    )
    .default([]),
});
export type PodSpec = z.output<typeof podSpecSchema>;
export type Container = z.output<typeof containerSchema>;

export const podSpecOf = (pod: ApiObject): PodSpec => podSpecSchema.parse(pod.spec);

const UNITS: Record<string, number> = {
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** What a quantity like `500m` or `1Gi` stands for. */
export function amountOf(quantity: string): number {
  const [, digits, unit] = /^([+-]?[\d.]+)([a-zA-Z]*)$/.exec(quantity) ?? [];
  const factor = unit ? UNITS[unit] : 1;
  if (digits === undefined || factor === undefined) throw new Error(`not a quantity: ${quantity}`);
  return Number(digits) * factor;
}
