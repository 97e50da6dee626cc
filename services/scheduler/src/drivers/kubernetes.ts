import { setTimeout as delay } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { newId } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import type { Driver, RuntimeStart, StartedRuntime } from './driver.ts';
import { handedOn } from './handed-on.ts';
import { type Cluster, connectCluster } from './kubernetes/cluster.ts';
import {
  claimFor,
  type PodSettings,
  podFor,
  RUNTIME_SELECTOR,
  runtimeName,
  secretFor,
} from './kubernetes/pod-spec.ts';
import { endOf, isAlive, unplaced } from './kubernetes/pod-state.ts';
import { createPodWatch } from './kubernetes/pod-watch.ts';

/** A pod that is deleted without grace is gone at once, but for finalizers of others. */
const GONE_TIMEOUT_MS = 10_000;
const GONE_POLL_MS = 50;
/** A pod that no node takes within this time is on its way all the same: nobody has said that none will. */
const PLACEMENT_WAIT_MS = 2_000;
const BOOTSTRAP_ID_LENGTH = 8;

export interface KubernetesDriverOptions {
  /** Where the pods live. */
  namespace: string;
  pods: PodSettings;
  /** The bus as runtimes reach it. */
  natsUrl: string;
  /** What runtimes get of this process's environment, as far as it means something in a pod. */
  environment: Record<string, string>;
  logger: Logger;
  /** A kubectl configuration's text; by default the one that kubectl would use, or the cluster around this process. */
  kubeconfig?: string;
}

/** A driver that may hold a watch open. */
export interface KubernetesDriver extends Driver, AsyncDisposable {}

/**
 * Runtimes as pods, one a user, each with a volume for the user's files. The pod's name is made of the user's id, so
 * that any scheduler finds it; what it is called besides is its uid, which no other pod ever has.
 */
export async function createKubernetesDriver(options: KubernetesDriverOptions): Promise<KubernetesDriver> {
  const { namespace, pods, natsUrl, logger } = options;
  const environment = { ...handedOn(options.environment), NATS_URL: natsUrl };
  const cluster = await connectCluster(namespace, options.kubeconfig);
  const watch = createPodWatch(cluster, RUNTIME_SELECTOR, logger);

  async function find(userId: string): Promise<string | null> {
    const pod = await cluster.readPod(runtimeName(userId));
    return pod && isAlive(pod) ? vmIdOf(pod) : null;
  }

  async function howEnded(userId: string, vmId: string): Promise<string | null> {
    const pod = await cluster.readPod(runtimeName(userId));
    return endOf(pod && vmIdOf(pod) === vmId ? pod : null);
  }

  /** Without grace, because what is replaced may hang. */
  async function kill(userId: string): Promise<void> {
    const name = runtimeName(userId);
    const deadline = Date.now() + GONE_TIMEOUT_MS;
    let there = await cluster.deletePod(name, 0);
    while (there) {
      there = (await cluster.readPod(name)) !== null;
      if (!there) return;
      if (Date.now() > deadline) throw new Error(`pod ${name} of an older runtime does not go away`);
      await delay(GONE_POLL_MS);
    }
  }

  async function spawn(start: RuntimeStart): Promise<StartedRuntime> {
    await kill(start.userId);
    await cluster.createClaim(claimFor(start, pods));
    const bootstrapId = newId().slice(0, BOOTSTRAP_ID_LENGTH);
    const pod = await cluster.createPod(podFor(start, bootstrapId, pods, environment));
    await handOver(cluster, start, bootstrapId, pod);
    const ended = watch.until(pod, (state) => endOf(state) ?? undefined);
    // When the watch is closed nobody waits for the end any more.
    ended.catch(() => undefined);
    const refusal = await placement(pod);
    // It is left to wait: a cluster that grows makes room for the pods that it sees waiting.
    if (refusal !== null) throw new Error(refusal);
    return { vmId: vmIdOf(pod), ended };
  }

  /** Waits until a node takes the pod. Gives back why none does. */
  async function placement(pod: V1Pod): Promise<string | null> {
    const timeout = new AbortController();
    const placed = watch.until(pod, unplaced);
    const late = delay(PLACEMENT_WAIT_MS, null, { signal: timeout.signal });
    try {
      return await Promise.race([placed, late]);
    } finally {
      late.catch(() => undefined);
      placed.catch(() => undefined);
      timeout.abort();
    }
  }

  return {
    mode: 'kubernetes',
    sees: true,
    spawn,
    find,
    howEnded,
    kill,
    // A pod cannot be halted. It is asked to stop, which leaves its checkpoint on the volume, and costs nothing then.
    freeze: (userId) => cluster.deletePod(runtimeName(userId)),
    thaw: async () => false,
    [Symbol.asyncDispose]: watch.close,
  };
}

/**
 * Gives the pod what it connects with. The secret comes after the pod, so that it can belong to it from the beginning
 * and never outlives it; where a node were faster, it would wait for the volume that the secret fills.
 */
async function handOver(
  cluster: Cluster,
  start: RuntimeStart,
  bootstrapId: string,
  pod: V1Pod,
): Promise<void> {
  const { name = '', uid = '' } = pod.metadata ?? {};
  try {
    await cluster.createSecret(secretFor(start, bootstrapId, uid));
  } catch (error) {
    await cluster.deletePod(name, 0);
    throw error;
  }
}

const vmIdOf = ({ metadata }: V1Pod): string => `${metadata?.name}/${metadata?.uid}`;
