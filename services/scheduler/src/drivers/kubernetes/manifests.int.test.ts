import { BlockList, isIPv6 } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkObject } from '../../testing/kubernetes/admission.ts';
import { type ApiObject, apiObjectSchema } from '../../testing/kubernetes/api-object.ts';
import { labelSelector } from '../../testing/kubernetes/api-request.ts';
import { loadManifests } from '../../testing/kubernetes/manifests.ts';
import { checkPod, checkPodSecurity } from '../../testing/kubernetes/pod-admission.ts';
import { type PodSettings, podFor, RUNTIME_SELECTOR } from './pod-spec.ts';

const SETTINGS: PodSettings = {
  image: 'semibot-runtime',
  cpuRequest: '100m',
  cpuLimit: '1',
  memoryRequest: '128Mi',
  memoryLimit: '512Mi',
  tmpSize: '256Mi',
  storageSize: '1Gi',
};
const START = {
  userId: '0190a1b2-0000-7000-8000-000000000001',
  orgId: '0190a1b2-0000-7000-8000-000000000002',
  instanceId: '0190a1b2-0000-7000-8000-000000000003',
  token: 'token',
  ticket: 'ticket',
  force: false,
};
const policySchema = z.looseObject({
  podSelector: z.looseObject({ matchLabels: z.record(z.string(), z.string()).optional() }),
  policyTypes: z.array(z.string()),
  ingress: z.array(z.unknown()).default([]),
  egress: z
    .array(
      z.looseObject({
        to: z.array(
          z.looseObject({
            ipBlock: z.looseObject({ cidr: z.string(), except: z.array(z.string()).default([]) }).optional(),
          }),
        ),
      }),
    )
    .default([]),
});

describe('what is applied to a cluster', () => {
  let manifests: ApiObject[];
  let pod: ApiObject;
  beforeAll(async () => {
    manifests = await loadManifests();
    pod = apiObjectSchema.parse(podFor(START, 'abcd', SETTINGS, { NATS_URL: 'nats://nats.semibot:4222' }));
  });
  const named = (kind: string, name: string): ApiObject => {
    const found = manifests.find((object) => object.kind === kind && object.metadata.name === name);
    if (!found) throw new Error(`no ${kind} ${name}`);
    return found;
  };
  const policy = (name: string) => policySchema.parse(named('NetworkPolicy', name).spec);

  it('is what the API accepts, and nothing is misspelt', () => {
    expect(manifests.length).toBeGreaterThan(0);
    for (const object of manifests) checkObject(object);
    const [first] = manifests;
    const misspelt = { ...first, metadata: { ...first?.metadata, lables: {} } };
    expect(() => checkObject(apiObjectSchema.parse(misspelt))).toThrow('unknown field "metadata.lables"');
  });

  it('holds the namespaces and the account that it speaks of', () => {
    for (const { metadata } of manifests)
      if (metadata.namespace !== undefined) named('Namespace', metadata.namespace);
    expect(named('RoleBinding', 'semibot-scheduler')).toMatchObject({
      roleRef: { kind: 'Role', name: named('Role', 'semibot-scheduler').metadata.name },
      subjects: [{ kind: 'ServiceAccount', ...nameOf(named('ServiceAccount', 'semibot-scheduler')) }],
    });
  });

  it('lets the driver make its pods, by the strictest of the Pod Security standards', () => {
    const runtimes = named('Namespace', 'semibot-runtimes');
    checkObject(pod);
    checkPod(pod);
    checkPodSecurity(pod, runtimes);
    const { spec } = pod;
    const weak = { ...pod, spec: { ...(typeof spec === 'object' ? spec : {}), securityContext: {} } };
    expect(() => checkPodSecurity(weak, runtimes)).toThrow('violates PodSecurity "restricted:latest"');
  });

  it('holds for the pods that the driver makes', () => {
    const { matchLabels = {} } = policy('runtimes').podSelector;
    const selector = Object.entries(matchLabels).map(([label, value]) => `${label}=${value}`);
    expect(selector).toEqual([RUNTIME_SELECTOR]);
    expect(labelSelector(RUNTIME_SELECTOR)(pod)).toBe(true);
  });

  it('keeps everyone from reaching a runtime', () => {
    for (const name of ['nothing', 'runtimes'])
      expect(policy(name)).toMatchObject({ policyTypes: ['Ingress', 'Egress'], ingress: [] });
  });

  it.each([
    ['a hosted model', '104.18.7.192', true],
    ['the internet over IPv6', '2606:4700::6812:7c0', true],
    ["a service of the cluster, such as PostgreSQL's", '10.96.12.7', false],
    ['a pod of the cluster', '10.244.1.9', false],
    ['a pod in a range of 172', '172.20.0.4', false],
    ['a node', '192.168.0.10', false],
    ['a node behind a carrier-grade NAT', '100.100.3.4', false],
    ['the metadata of a cloud', '169.254.169.254', false],
    ['the metadata of a cloud over IPv6', 'fd00:ec2::254', false],
    ['a neighbour over IPv6', 'fe80::1', false],
  ])('lets a runtime reach by address: %s %s: %s', (_, address, reached) => {
    expect(reaches(policy('runtimes').egress, address)).toBe(reached);
  });
});

const nameOf = ({ metadata: { name, namespace } }: ApiObject) => ({ name, namespace });

/** Whether an address is among those that the policy allows. */
function reaches(egress: z.output<typeof policySchema>['egress'], address: string): boolean {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  const within = (cidrs: string[]): boolean => {
    const list = new BlockList();
    for (const cidr of cidrs) {
      const [network = '', bits] = cidr.split('/');
      list.addSubnet(network, Number(bits), isIPv6(network) ? 'ipv6' : 'ipv4');
    }
    return list.check(address, family);
  };
  return egress
    .flatMap(({ to }) => to)
    .some(({ ipBlock }) => ipBlock && within([ipBlock.cidr]) && !within(ipBlock.except));
}
