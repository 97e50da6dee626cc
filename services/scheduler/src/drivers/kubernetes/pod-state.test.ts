import type { V1Pod } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { endOf, isAlive, unplaced } from './pod-state.ts';

const podWith = (status: V1Pod['status'], spec: Partial<NonNullable<V1Pod['spec']>> = {}): V1Pod => ({
  metadata: { name: 'pod', uid: 'uid' },
  spec: {
    containers: [{ name: 'runtime', resources: { limits: { memory: '512Mi' } } }],
    ...spec,
  },
  ...(status && { status }),
});
const terminated = (exitCode: number, reason: string, more: V1Pod['status'] = {}) =>
  podWith({
    phase: 'Failed',
    ...more,
    containerStatuses: [
      {
        name: 'runtime',
        image: 'image',
        imageID: '',
        ready: false,
        restartCount: 0,
        state: { terminated: { exitCode, reason } },
      },
    ],
  });
const waiting = (reason: string, message?: string) =>
  podWith({
    phase: 'Pending',
    containerStatuses: [
      {
        name: 'runtime',
        image: 'image',
        imageID: '',
        ready: false,
        restartCount: 0,
        state: { waiting: { reason, ...(message && { message }) } },
      },
    ],
  });

describe("a pod's end, in words for people", () => {
  it.each([
    ['there is none any more', null, 'its pod was deleted'],
    ['its program ended well', terminated(0, 'Completed', { phase: 'Succeeded' }), 'with code 0'],
    ['its program failed', terminated(3, 'Error'), 'with code 3'],
    ['a signal ended its program', terminated(137, 'Error'), 'by SIGKILL'],
    ['it had too little memory', terminated(137, 'OOMKilled'), 'it used more memory than its 512Mi'],
    [
      'its node needed the room',
      terminated(137, 'Error', { reason: 'Evicted', message: 'The node was low on resource: memory.' }),
      'Evicted: The node was low on resource: memory.',
    ],
    ['it was ended before it had a container', podWith({ phase: 'Failed', reason: 'NodeLost' }), 'NodeLost'],
    [
      'its image is not there',
      waiting('ImagePullBackOff', 'Back-off pulling image "nowhere"'),
      'its image cannot be pulled: Back-off pulling image "nowhere"',
    ],
    ["its image's name is wrong", waiting('InvalidImageName'), "its image's name is not valid"],
  ])('%s', (_, pod, how) => {
    expect(endOf(pod)).toBe(how);
    if (pod) expect(isAlive(pod)).toBe(false);
  });

  it.each([
    ['just made', podWith(undefined)],
    ['being made', waiting('ContainerCreating')],
    ['failed to pull its image once', waiting('ErrImagePull')],
    ['runs', podWith({ phase: 'Running' })],
  ])('has not come for one that %s', (_, pod) => {
    expect(endOf(pod)).toBeNull();
    expect(isAlive(pod)).toBe(true);
  });

  it('is near for one that is being deleted', () => {
    const pod = podWith({ phase: 'Running' });
    expect(isAlive({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: new Date() } })).toBe(false);
  });
});

describe('why no node takes a pod', () => {
  const scheduled = (status: string, reason?: string, message?: string): V1Pod =>
    podWith({
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status, ...(reason && { reason }), ...(message && { message }) }],
    });

  it('is told as the cluster tells it', () => {
    expect(unplaced(scheduled('False', 'Unschedulable', '0/3 nodes are available'))).toBe(
      'no node has room for it yet: 0/3 nodes are available',
    );
  });

  it('is not known before the cluster has looked', () => {
    expect(unplaced(podWith({ phase: 'Pending' }))).toBeUndefined();
    expect(unplaced(scheduled('False', 'SchedulerError'))).toBeUndefined();
  });

  it('is no question where a node has it, or it has ended', () => {
    expect(unplaced(podWith({ phase: 'Pending' }, { nodeName: 'node-1' }))).toBeNull();
    expect(unplaced(terminated(1, 'Error'))).toBeNull();
    expect(unplaced(null)).toBeNull();
  });
});
