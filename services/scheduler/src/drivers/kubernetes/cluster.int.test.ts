import { newId } from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allowedBy } from '../../testing/kubernetes/access.ts';
import { type KubernetesLab, NAMESPACE, startKubernetesLab } from '../../testing/kubernetes/lab.ts';
import type { RuntimeStart } from '../driver.ts';
import type { KubernetesDriver } from '../kubernetes.ts';
import { runtimeName } from './pod-spec.ts';

describe('a cluster that runs runtimes', () => {
  let lab: KubernetesLab;
  let driver: KubernetesDriver;

  beforeAll(async () => {
    lab = await startKubernetesLab();
    driver = await lab.driver({ environment: { LANG: 'idle' } });
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  const aStart = (): RuntimeStart => ({
    userId: newId(),
    orgId: newId(),
    instanceId: newId(),
    token: 'the token',
    ticket: 'the ticket',
    force: false,
  });
  const podOf = ({ userId }: RuntimeStart) => lab.api.find('pods', NAMESPACE, runtimeName(userId));
  const containerOf = ({ userId }: RuntimeStart) => lab.api.containerOf(NAMESPACE, runtimeName(userId));
  const secretsOf = ({ userId }: RuntimeStart) =>
    lab.api
      .list('secrets', NAMESPACE)
      .filter(({ metadata }) => metadata.name.startsWith(runtimeName(userId)));
  async function running(start: RuntimeStart) {
    await expect.poll(() => containerOf(start)).not.toBeNull();
    const container = containerOf(start);
    if (!container) throw new Error('it ended at once');
    return container;
  }

  it("needs to give the scheduler's account what its role holds, and nothing else", async () => {
    const start = aStart();
    const { vmId } = await driver.spawn(start);
    expect(await driver.find(start.userId)).toBe(vmId);
    await driver.kill(start.userId);
    const role = lab.api.find('roles', NAMESPACE, 'semibot-scheduler');
    if (!role) throw new Error('no role');
    expect([...lab.api.calls].sort()).toEqual(allowedBy(role).sort());
  });

  it("takes a runtime's secret away with its pod, and keeps the user's files", async () => {
    const start = aStart();
    await driver.spawn(start);
    const claim = lab.api.find('persistentvolumeclaims', NAMESPACE, runtimeName(start.userId));
    const [first] = secretsOf(start);
    await driver.spawn(start);
    await expect.poll(() => secretsOf(start).length).toBe(1);
    expect(secretsOf(start)[0]?.metadata.name).not.toBe(first?.metadata.name);
    await driver.kill(start.userId);
    await expect.poll(() => secretsOf(start)).toEqual([]);
    expect(lab.api.find('persistentvolumeclaims', NAMESPACE, runtimeName(start.userId))).toEqual(claim);
  });

  it('shows nothing of what a runtime connects with in its pod', async () => {
    const start = { ...aStart(), token: 'tok-5d1f', ticket: 'tick-9e2a' };
    await driver.spawn(start);
    const shown = JSON.stringify(podOf(start));
    expect(shown).not.toMatch(/tok-5d1f|tick-9e2a/);
    await driver.kill(start.userId);
  });

  it('is heard of ends again after its watches were cut', async () => {
    const start = aStart();
    const { ended } = await driver.spawn(start);
    const container = await running(start);
    await expect.poll(() => lab.api.watches).toBe(1);
    lab.api.cutWatches();
    await expect.poll(() => lab.api.watches).toBe(1);
    container.signal('SIGKILL');
    expect(await ended).toBe('by SIGKILL');
  });

  it('tells of ends that it has forgotten the steps to', async () => {
    const [start, other] = [aStart(), aStart()];
    const { ended } = await driver.spawn(start);
    const { ended: otherEnded } = await driver.spawn(other);
    const [container, otherContainer] = [await running(start), await running(other)];
    await lab.api.suspend();
    container.signal('SIGKILL');
    await container.ended;
    lab.api.deletePod(NAMESPACE, runtimeName(other.userId));
    await otherContainer.ended;
    await expect.poll(() => podOf(start)?.status).toMatchObject({ phase: 'Failed' });
    lab.api.store.compact();
    await lab.api.resume();
    expect(await Promise.all([ended, otherEnded])).toEqual(['by SIGKILL', 'its pod was deleted']);
  });

  it('tells how a pod ended to one who did not start it', async () => {
    const start = aStart();
    const another = await lab.driver();
    const { vmId, ended } = await driver.spawn(start);
    expect(await another.find(start.userId)).toBe(vmId);
    expect(await another.howEnded?.(start.userId, vmId)).toBeNull();
    (await running(start)).signal('SIGKILL');
    await ended;
    expect(await another.find(start.userId)).toBeNull();
    expect(await another.howEnded?.(start.userId, vmId)).toBe('by SIGKILL');
    await another.kill(start.userId);
    expect(await another.howEnded?.(start.userId, vmId)).toBe('its pod was deleted');
  });

  it('is not watched when nobody waits for anything', async () => {
    const start = aStart();
    await driver.spawn(start);
    await driver.kill(start.userId);
    await expect.poll(() => lab.api.watches).toBe(0);
  });

  it('whose API is away refuses to start anything, and does it again when it is back', async () => {
    const start = aStart();
    await lab.api.suspend();
    await expect(driver.spawn(start)).rejects.toThrow('the Kubernetes API cannot be reached');
    await expect(driver.find(start.userId)).rejects.toThrow('the Kubernetes API cannot be reached');
    await lab.api.resume();
    await driver.spawn(start);
    await driver.kill(start.userId);
  });

  it('tells that an image cannot be pulled', async () => {
    const start = aStart();
    const wrong = await lab.driver({ pods: { image: 'nowhere/semibot-runtime:1' } });
    const { ended } = await wrong.spawn(start);
    expect(await ended).toBe(
      'its image cannot be pulled: Back-off pulling image "nowhere/semibot-runtime:1"',
    );
    expect(await wrong.find(start.userId)).toBeNull();
    await wrong.kill(start.userId);
  });

  it('tells that a runtime used too much memory', async () => {
    const start = aStart();
    const { ended } = await driver.spawn(start);
    (await running(start)).killForMemory();
    expect(await ended).toBe('it used more memory than its 512Mi');
  });

  it('tells that no node has room, and runs the pod as soon as one has', async () => {
    const start = aStart();
    const { memory } = lab.api.node.capacity;
    lab.api.node.capacity.memory = '64Mi';
    await expect(driver.spawn(start)).rejects.toThrow(
      'no node has room for it yet: 0/1 nodes are available: 1 Insufficient memory',
    );
    expect(await driver.find(start.userId)).not.toBeNull();
    lab.api.node.capacity.memory = memory;
    await running(start);
    await driver.kill(start.userId);
  });

  it('refuses what its quota has no room for, and nothing is left of it', async () => {
    const start = aStart();
    const big = await lab.driver({ pods: { memoryRequest: '100Gi', memoryLimit: '100Gi' } });
    await expect(big.spawn(start)).rejects.toThrow(
      `pods "${runtimeName(start.userId)}" is forbidden: exceeded quota: runtimes`,
    );
    expect(podOf(start)).toBeNull();
    expect(secretsOf(start)).toEqual([]);
  });
});
