import { newId } from '@semibot/protocol';
import { describe, expect, it } from 'vitest';
import { containerOptions } from './docker-container.ts';
import type { DockerSettings } from './docker-settings.ts';

describe("the container of a user's runtime", () => {
  const settings: DockerSettings = {
    engine: 'unix:///var/run/docker.sock',
    image: 'semibot-runtime',
    network: 'semibot-runtimes',
    egress: 'none',
    memoryMb: 256,
    cpus: 0.5,
    pids: 100,
  };
  const start = { userId: newId(), orgId: newId(), instanceId: newId() };
  const surroundings = { natsUrl: 'nats://nats:4222', environment: {}, gateway: '172.18.0.1' };

  it('has the limits that are set, and no rights', () => {
    expect(containerOptions(start, settings, surroundings)).toMatchObject({
      name: `semibot-runtime-${start.userId}`,
      User: '1000:1000',
      HostConfig: {
        Memory: 256 * 1024 * 1024,
        MemorySwap: 256 * 1024 * 1024,
        NanoCpus: 5e8,
        PidsLimit: 100,
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges:true'],
        NetworkMode: 'semibot-runtimes',
        Mounts: [{ Type: 'volume', Source: `semibot-user-${start.userId}`, Target: '/data' }],
        RestartPolicy: { Name: 'no' },
      },
    });
  });

  it('is told who it is for and where the bus is, and of the scheduler no more than place and proxies', () => {
    const environment = {
      PATH: '/of/another/machine',
      HOME: '/root',
      TMPDIR: '/var/tmp',
      NODE_EXTRA_CA_CERTS: '/of/another/machine.pem',
      TZ: 'Europe/Berlin',
      HTTPS_PROXY: 'http://proxy:3128',
      LOG_LEVEL: 'warn',
    };
    expect(containerOptions(start, settings, { ...surroundings, environment }).Env?.sort()).toEqual([
      'HOME=/data',
      'HTTPS_PROXY=http://proxy:3128',
      'LOG_LEVEL=warn',
      'NATS_URL=nats://nats:4222',
      'SEMIBOT_DATA_DIR=/data',
      'TZ=Europe/Berlin',
      `VM_INSTANCE_ID=${start.instanceId}`,
      `VM_ORG_ID=${start.orgId}`,
      'VM_SECRETS_FILE=/dev/stdin',
      `VM_USER_ID=${start.userId}`,
    ]);
  });

  it('knows this machine by name where the network has an address for it', () => {
    const hostsWith = (gateway: string | null) =>
      containerOptions(start, settings, { ...surroundings, gateway }).HostConfig?.ExtraHosts;
    expect(hostsWith('172.18.0.1')).toEqual(['host.docker.internal:172.18.0.1']);
    expect(hostsWith(null)).toEqual([]);
  });
});
