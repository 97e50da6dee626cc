import { setTimeout as delay } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import type { Logger } from '@semibot/service';
import type { Cluster, PodEvent } from './cluster.ts';

const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 5_000;

/** Follows pods for as long as somebody waits for something to happen to one. One watch serves all who wait. */
export interface PodWatch {
  /**
   * Resolves with the first answer that `look` gives to a state of the pod, the present one included; undefined is
   * none. It is shown null once the pod is gone. Rejects when the watch is closed.
   */
  until<T>(pod: V1Pod, look: (pod: V1Pod | null) => T | undefined): Promise<T>;
  close(): Promise<void>;
}

interface Waiter {
  uid: string;
  /** Whether that was what it waited for. */
  show(pod: V1Pod | null): boolean;
  fail(reason: unknown): void;
}

export function createPodWatch(cluster: Cluster, selector: string, logger: Logger): PodWatch {
  const waiters = new Set<Waiter>();
  const stop = new AbortController();
  const { signal } = stop;
  let running: Promise<void> | null = null;
  /** Ends the watch when nobody waits any more. */
  let idle = new AbortController();

  const show = (waiter: Waiter, pod: V1Pod | null): void => {
    if (waiter.show(pod)) waiters.delete(waiter);
    if (waiters.size === 0) idle.abort();
  };

  function onEvent({ type, pod }: PodEvent): void {
    for (const waiter of [...waiters])
      if (waiter.uid === pod.metadata?.uid) show(waiter, type === 'deleted' ? null : pod);
  }

  /** Shows everyone how it is now. Who came after the question was asked is not in its answer. */
  async function list(): Promise<string> {
    const asked = [...waiters];
    const { pods, version } = await cluster.listPods(selector);
    const byUid = new Map(pods.map((pod) => [pod.metadata?.uid, pod]));
    for (const waiter of asked) if (waiters.has(waiter)) show(waiter, byUid.get(waiter.uid) ?? null);
    return version;
  }

  async function follow(): Promise<void> {
    let version: string | null = null;
    let wait = RETRY_MIN_MS;
    while (waiters.size > 0 && !signal.aborted) {
      idle = new AbortController();
      const either = AbortSignal.any([signal, idle.signal]);
      try {
        version ??= await list();
        if (waiters.size === 0) break;
        const seen = (event: PodEvent): void => {
          // How far a watch came counts even where it is cut.
          version = event.version;
          onEvent(event);
        };
        version = await cluster.watchPods(selector, version, seen, either);
        wait = RETRY_MIN_MS;
      } catch (error) {
        if (either.aborted) continue;
        logger.warn({ err: error }, 'the watch on pods was cut');
        wait = Math.min(wait * 2, RETRY_MAX_MS);
      }
      await delay(wait, undefined, { signal: either }).catch(() => undefined);
    }
  }

  /** What happened to its pod before it came has passed a watch that was under way. */
  async function catchUp(waiter: Waiter, name: string): Promise<void> {
    let wait = RETRY_MIN_MS;
    while (waiters.has(waiter)) {
      try {
        const pod = await cluster.readPod(name);
        if (waiters.has(waiter)) show(waiter, pod?.metadata?.uid === waiter.uid ? pod : null);
        return;
      } catch (error) {
        logger.warn({ err: error, pod: name }, 'a pod could not be read');
        await delay(wait, undefined, { signal }).catch(() => undefined);
        wait = Math.min(wait * 2, RETRY_MAX_MS);
      }
    }
  }

  function run(): void {
    running ??= follow().finally(() => {
      running = null;
      // Somebody may have come while it was ending.
      if (waiters.size > 0 && !signal.aborted) run();
    });
  }

  return {
    until: <T>(pod: V1Pod, look: (pod: V1Pod | null) => T | undefined) =>
      new Promise<T>((resolve, reject) => {
        const { uid, name } = pod.metadata ?? {};
        if (uid === undefined || name === undefined) return reject(new Error('the pod has no name and uid'));
        if (signal.aborted) return reject(signal.reason);
        const waiter: Waiter = {
          uid,
          show(state) {
            const answer = look(state);
            if (answer !== undefined) resolve(answer);
            return answer !== undefined;
          },
          fail: reject,
        };
        waiters.add(waiter);
        if (running) void catchUp(waiter, name);
        else run();
      }),
    async close() {
      stop.abort(new Error('the watch is closed'));
      for (const waiter of waiters) waiter.fail(signal.reason);
      waiters.clear();
      await running;
    },
  };
}
