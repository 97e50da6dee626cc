import type { V1ContainerStateTerminated, V1Pod } from '@kubernetes/client-node';

/** Why a container is not created, where waiting any longer does not help. */
const HOPELESS: Record<string, string> = {
  ImagePullBackOff: 'its image cannot be pulled',
  ErrImageNeverPull: 'its image is not on the node',
  InvalidImageName: "its image's name is not valid",
  CreateContainerError: 'its container cannot be created',
};
/** A shell's way to say that a signal ended a program. */
const SIGNAL_BASE = 128;
const SIGNALS: Record<number, string> = { 6: 'SIGABRT', 9: 'SIGKILL', 11: 'SIGSEGV', 15: 'SIGTERM' };

/** How the runtime in a pod ended, in words for people; null while it may live. No pod: it was deleted. */
export function endOf(pod: V1Pod | null): string | null {
  if (!pod) return 'its pod was deleted';
  const { phase, reason, message, containerStatuses = [] } = pod.status ?? {};
  for (const { state } of containerStatuses) {
    if (state?.terminated) return howItEnded(pod, state.terminated);
    const waiting = state?.waiting;
    const hopeless = waiting?.reason && HOPELESS[waiting.reason];
    if (hopeless) return withDetail(hopeless, waiting.message);
  }
  if (phase === 'Succeeded') return 'with code 0';
  // Evicted, or its node went away: Kubernetes ended it, and no container tells how.
  if (phase === 'Failed') return withDetail(reason ?? 'its pod failed', message);
  return null;
}

function howItEnded(pod: V1Pod, { exitCode, reason }: V1ContainerStateTerminated): string {
  if (reason === 'OOMKilled') {
    const limit = pod.spec?.containers[0]?.resources?.limits?.memory;
    return limit ? `it used more memory than its ${limit}` : 'its node was out of memory';
  }
  if (pod.status?.reason === 'Evicted') return withDetail('Evicted', pod.status.message);
  const signal = SIGNALS[exitCode - SIGNAL_BASE];
  return signal ? `by ${signal}` : `with code ${exitCode}`;
}

/** Why no node takes the pod, in words for people. Null where one has; undefined where that is not known yet. */
export function unplaced(pod: V1Pod | null): string | null | undefined {
  if (!pod || endOf(pod) !== null || pod.spec?.nodeName) return null;
  const scheduled = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
  if (scheduled?.status !== 'False' || scheduled.reason !== 'Unschedulable') return undefined;
  return withDetail('no node has room for it yet', scheduled.message);
}

/** Whether a runtime lives in the pod, or is on its way. */
export const isAlive = (pod: V1Pod): boolean =>
  endOf(pod) === null && pod.metadata?.deletionTimestamp === undefined;

const withDetail = (what: string, detail: string | undefined): string =>
  detail ? `${what}: ${detail}` : what;
