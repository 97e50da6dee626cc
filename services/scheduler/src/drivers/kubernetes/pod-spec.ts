import type { V1PersistentVolumeClaim, V1Pod, V1Secret } from '@kubernetes/client-node';
import type { RuntimeStart } from '../driver.ts';

/** What runtimes' pods are made of; quantities as Kubernetes writes them (`250m`, `512Mi`). */
export interface PodSettings {
  image: string;
  cpuRequest: string;
  cpuLimit: string;
  memoryRequest: string;
  memoryLimit: string;
  /** What /tmp may hold. */
  tmpSize: string;
  /** The volume of a user's files. */
  storageSize: string;
  /** The cluster's default where there is none. */
  storageClass?: string | undefined;
}

const NAME_LABEL = 'app.kubernetes.io/name';
const USER_LABEL = 'semibot/user-id';
/** Chooses the pods of all runtimes. The network policy in infra/kubernetes goes by the same label. */
export const RUNTIME_SELECTOR = `${NAME_LABEL}=semibot-runtime`;
/** The only container of a runtime's pod. */
const CONTAINER = 'runtime';
/** The user `node` of the image. Volumes are made writable to its group. */
const IMAGE_USER = 1000;
/** A runtime that is told to stop has stopped after 10 s at the latest. */
const STOP_GRACE_S = 15;
const DATA_PATH = '/data';
/** What the runtime connects with comes as a file: programs that it starts inherit nothing of it. */
const SECRETS_PATH = '/run/semibot';
const SECRETS_FILE = 'start.json';
/** For the group of the image's user. */
const SECRETS_FILE_MODE = 0o440;

/** Of a user's pod, and of the volume of the user's files. */
export const runtimeName = (userId: string): string => `semibot-runtime-${userId}`;
/** Of what one bootstrap alone needs. */
const secretName = ({ userId }: RuntimeStart, bootstrapId: string): string =>
  `semibot-runtime-${userId}-${bootstrapId}`;

const labelsOf = ({ userId, orgId }: RuntimeStart): Record<string, string> => ({
  [NAME_LABEL]: 'semibot-runtime',
  'app.kubernetes.io/managed-by': 'semibot-scheduler',
  [USER_LABEL]: userId,
  'semibot/org-id': orgId,
});

/** A pod that runs one user's runtime, and may do as little as a pod can. */
export function podFor(
  start: RuntimeStart,
  bootstrapId: string,
  settings: PodSettings,
  environment: Record<string, string>,
): V1Pod {
  const name = runtimeName(start.userId);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { ...labelsOf(start), 'semibot/instance-id': start.instanceId } },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: STOP_GRACE_S,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: IMAGE_USER,
        runAsGroup: IMAGE_USER,
        fsGroup: IMAGE_USER,
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: CONTAINER,
          image: settings.image,
          env: [
            ...Object.entries(environment).map(([variable, value]) => ({ name: variable, value })),
            { name: 'HOME', value: DATA_PATH },
            { name: 'SEMIBOT_DATA_DIR', value: DATA_PATH },
            { name: 'VM_USER_ID', value: start.userId },
            { name: 'VM_ORG_ID', value: start.orgId },
            { name: 'VM_INSTANCE_ID', value: start.instanceId },
            { name: 'VM_SECRETS_FILE', value: `${SECRETS_PATH}/${SECRETS_FILE}` },
          ],
          resources: {
            requests: { cpu: settings.cpuRequest, memory: settings.memoryRequest },
            limits: { cpu: settings.cpuLimit, memory: settings.memoryLimit },
          },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: [
            { name: 'data', mountPath: DATA_PATH },
            { name: 'secrets', mountPath: SECRETS_PATH, readOnly: true },
            { name: 'tmp', mountPath: '/tmp' },
          ],
        },
      ],
      volumes: [
        { name: 'data', persistentVolumeClaim: { claimName: name } },
        {
          name: 'secrets',
          secret: { secretName: secretName(start, bootstrapId), defaultMode: SECRETS_FILE_MODE },
        },
        { name: 'tmp', emptyDir: { sizeLimit: settings.tmpSize } },
      ],
    },
  };
}

/** The volume that outlives a user's pods. */
export function claimFor(start: RuntimeStart, settings: PodSettings): V1PersistentVolumeClaim {
  const { storageClass, storageSize } = settings;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: runtimeName(start.userId), labels: labelsOf(start) },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: storageSize } },
      ...(storageClass !== undefined && { storageClassName: storageClass }),
    },
  };
}

/** What lets the runtime connect. It belongs to the pod, and goes with it. */
export function secretFor(start: RuntimeStart, bootstrapId: string, podUid: string): V1Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: secretName(start, bootstrapId),
      labels: labelsOf(start),
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: runtimeName(start.userId), uid: podUid }],
    },
    type: 'Opaque',
    immutable: true,
    stringData: { [SECRETS_FILE]: JSON.stringify({ VM_TOKEN: start.token, VM_TICKET: start.ticket }) },
  };
}
