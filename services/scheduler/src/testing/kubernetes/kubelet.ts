import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ApiObject, RESOURCES, type Resource } from './api-object.ts';
import { type ContainerEnd, type RunningContainer, startContainer } from './containers.ts';
import { now, type ObjectStore } from './object-store.ts';
import { amountOf, podSpecOf } from './pod.ts';
import { createVolumes, environmentOf } from './volumes.ts';

const PODS: Resource = RESOURCES[3];
const NODE = 'node-1';
/** Making a pod's network and mounting its volumes takes a node a moment. */
const SANDBOX_MS = 20;
/** How soon a node tries again, which real ones do after seconds. */
const RETRY_MS = 50;
/** Every container has these, whatever its pod says. */
const CLUSTER_ENVIRONMENT = {
  KUBERNETES_PORT: 'tcp://10.96.0.1:443',
  KUBERNETES_PORT_443_TCP: 'tcp://10.96.0.1:443',
  KUBERNETES_PORT_443_TCP_ADDR: '10.96.0.1',
  KUBERNETES_PORT_443_TCP_PORT: '443',
  KUBERNETES_PORT_443_TCP_PROTO: 'tcp',
  KUBERNETES_SERVICE_HOST: '10.96.0.1',
  KUBERNETES_SERVICE_PORT: '443',
  KUBERNETES_SERVICE_PORT_HTTPS: '443',
};
/** The names of the variables that containers have besides those of their pod. */
export const CONTAINER_ENVIRONMENT = [...Object.keys(CLUSTER_ENVIRONMENT), 'HOSTNAME', 'PATH'];

export interface KubeletOptions {
  store: ObjectStore;
  /** Where volumes and logs are. */
  dir: string;
  /** The images that can be pulled: the program that each runs, with its arguments. */
  images: Record<string, readonly string[]>;
}

/** A node of the cluster, with the scheduler that gives it pods: runs each pod's container as a process here. */
export interface Kubelet {
  /** What the node has room for. */
  capacity: { memory: string };
  containerOf(pod: ApiObject): RunningContainer | null;
  logFileOf(pod: ApiObject): string;
  /** Stops a pod's container, with so many seconds' notice. */
  stop(pod: ApiObject, graceSeconds: number): void;
  close(): Promise<void>;
}

export function createKubelet({ store, dir, images }: KubeletOptions): Kubelet {
  const running = new Map<string, RunningContainer>();
  const volumes = createVolumes(store, dir);
  const closing = new AbortController();
  const work = new Set<Promise<void>>();
  const capacity = { memory: '8Gi' };

  const uidOf = ({ metadata }: ApiObject): string => metadata.uid ?? '';
  const logFileOf = (pod: ApiObject): string => join(dir, 'logs', `${uidOf(pod)}.log`);
  const current = (pod: ApiObject): ApiObject | null => {
    const found = store.find(PODS, pod.metadata.namespace ?? '', pod.metadata.name);
    return found?.metadata.uid === pod.metadata.uid ? found : null;
  };
  const setStatus = (pod: ApiObject, status: Record<string, unknown>): ApiObject | null =>
    store.update(PODS, pod, (draft) => {
      draft.status = { ...(typeof draft.status === 'object' ? draft.status : {}), ...status };
    });
  const condition = (type: string, status: 'True' | 'False', more: object = {}) => ({
    type,
    status,
    lastProbeTime: null,
    lastTransitionTime: now(),
    ...more,
  });
  const memoryOf = (pod: ApiObject): number =>
    podSpecOf(pod).containers.reduce((sum, c) => sum + amountOf(c.resources.requests.memory ?? '0'), 0);

  /** What the cluster's scheduler does: gives the pod to the node, once it has room. */
  async function place(pod: ApiObject): Promise<ApiObject | null> {
    let told = '';
    for (;;) {
      const taken = store
        .list(PODS, pod.metadata.namespace ?? '')
        .filter((other) => podSpecOf(other).nodeName && !isOver(other))
        .reduce((sum, other) => sum + memoryOf(other), 0);
      if (taken + memoryOf(pod) <= amountOf(capacity.memory)) break;
      const message =
        '0/1 nodes are available: 1 Insufficient memory. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.';
      if (told !== message) {
        const unplaced = condition('PodScheduled', 'False', { reason: 'Unschedulable', message });
        setStatus(pod, { conditions: [unplaced] });
      }
      told = message;
      await pause(RETRY_MS);
      if (!current(pod)) return null;
    }
    return store.update(PODS, pod, (draft) => {
      draft.spec = { ...podSpecOf(draft), nodeName: NODE };
      draft.status = {
        phase: 'Pending',
        qosClass: 'Burstable',
        conditions: [condition('PodScheduled', 'True')],
      };
    });
  }

  async function run(created: ApiObject): Promise<void> {
    await nextTick();
    const pod = await place(created);
    if (!pod) return;
    const spec = podSpecOf(pod);
    const [container] = spec.containers;
    if (!container?.image) return;
    const { name, image } = container;
    const base = { name, image, imageID: '', restartCount: 0 };
    const tell = (phase: string, state: object, ready = false): ApiObject | null =>
      setStatus(pod, {
        phase,
        startTime: pod.metadata.creationTimestamp,
        hostIP: '192.168.0.10',
        containerStatuses: [{ ...base, ready, started: ready, state }],
      });
    const wait = (reason: string, message?: string): void =>
      void tell('Pending', { waiting: { reason, ...(message && { message }) } });

    wait('ContainerCreating');
    await pause(SANDBOX_MS);
    let mounted = await volumes.mount(pod, spec);
    while ('missing' in mounted) {
      await pause(RETRY_MS);
      if (!current(pod)) return;
      mounted = await volumes.mount(pod, spec);
    }
    for (let pulls = 0; !images[image]; pulls += 1) {
      if (pulls === 0) wait('ErrImagePull', `failed to pull and unpack image "${image}": not found`);
      if (pulls === 1) wait('ImagePullBackOff', `Back-off pulling image "${image}"`);
      await pause(RETRY_MS);
      if (!current(pod)) return;
    }
    const startedAt = now();
    const started = await startContainer({
      command: images[image],
      environment: {
        ...CLUSTER_ENVIRONMENT,
        HOSTNAME: pod.metadata.name,
        PATH: process.env.PATH,
        ...environmentOf(container, mounted.folders),
      },
      cwd: dir,
      logFile: logFileOf(pod),
    });
    // It may have been deleted while the container was on its way.
    if (!current(pod)) started.signal('SIGKILL');
    running.set(uidOf(pod), started);
    tell('Running', { running: { startedAt } }, true);
    const end = await started.ended;
    running.delete(uidOf(pod));
    tell(end.exitCode === 0 ? 'Succeeded' : 'Failed', { terminated: terminatedOf(end, startedAt) });
    await volumes.unmount(pod);
    const left = current(pod);
    if (left?.metadata.deletionTimestamp) store.remove(PODS, left);
  }

  function stop(pod: ApiObject, graceSeconds: number): void {
    const container = running.get(uidOf(pod));
    if (!container) return;
    container.signal('SIGTERM');
    const late = setTimeout(() => container.signal('SIGKILL'), graceSeconds * 1000);
    void container.ended.then(() => clearTimeout(late));
  }

  const pause = (ms: number): Promise<void> => delay(ms, undefined, { signal: closing.signal });

  const unlisten = store.listen(({ resource, type, object }) => {
    if (resource !== PODS) return;
    // What is gone from the books is killed, whether or not it was asked to stop.
    if (type === 'DELETED') running.get(uidOf(object))?.signal('SIGKILL');
    if (type !== 'ADDED') return;
    const life = run(object)
      .catch((error: unknown) => {
        if (!closing.signal.aborted) throw error;
      })
      .finally(() => work.delete(life));
    work.add(life);
  });

  return {
    capacity,
    containerOf: (pod) => running.get(uidOf(pod)) ?? null,
    logFileOf,
    stop,
    async close() {
      unlisten();
      closing.abort(new Error('the node is switched off'));
      for (const container of running.values()) container.signal('SIGKILL');
      await Promise.all(work);
    },
  };
}

/** Whoever created the pod has the answer before anything is done about it. */
const nextTick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const terminatedOf = ({ exitCode, reason }: ContainerEnd, startedAt: string) => ({
  exitCode,
  reason,
  startedAt,
  finishedAt: now(),
});

/** Whether the pod's containers have ended for good. */
export function isOver(pod: ApiObject): boolean {
  const { status } = pod;
  const phase = typeof status === 'object' && status !== null && 'phase' in status ? status.phase : undefined;
  return phase === 'Succeeded' || phase === 'Failed';
}
