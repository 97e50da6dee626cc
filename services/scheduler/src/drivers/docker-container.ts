import type { ContainerCreateOptions } from 'dockerode';
import type { DockerSettings } from './docker-settings.ts';
import type { RuntimeStart } from './driver.ts';
import { handedOn } from './handed-on.ts';

const MIB = 1024 * 1024;
/** The user `node` of Node's images. The driver says it again, so that no image can make a runtime root. */
const UNPRIVILEGED = '1000:1000';
const DATA_DIR = '/data';
const TMP_SIZE = '64m';
/** A runtime that logs without end fills this much of the disk, and no more. */
const LOG_LIMITS = { 'max-size': '10m', 'max-file': '2' };

/** What marks all that the driver makes, for `docker ps --filter label=semibot.part=runtime`. */
export const labels = (userId: string) => ({ 'semibot.part': 'runtime', 'semibot.user': userId });

export const containerName = (userId: string): string => `semibot-runtime-${userId}`;
/** The volume of the user's files, which outlives every container. */
export const volumeName = (userId: string): string => `semibot-user-${userId}`;

/**
 * The container of a user's runtime. It may write to the user's volume and to a small /tmp, has no capability and no
 * way to get one, and waits for its secrets on stdin.
 */
export function containerOptions(
  { userId, orgId, instanceId }: Omit<RuntimeStart, 'token' | 'ticket' | 'force'>,
  settings: DockerSettings,
  { natsUrl, environment, gateway }: ContainerSurroundings,
): ContainerCreateOptions {
  const env = {
    ...handedOn(environment),
    HOME: DATA_DIR,
    NATS_URL: natsUrl,
    SEMIBOT_DATA_DIR: DATA_DIR,
    VM_USER_ID: userId,
    VM_ORG_ID: orgId,
    VM_INSTANCE_ID: instanceId,
    VM_SECRETS_FILE: '/dev/stdin',
  };
  return {
    name: containerName(userId),
    Image: settings.image,
    Labels: { ...labels(userId), 'semibot.org': orgId, 'semibot.instance': instanceId },
    User: UNPRIVILEGED,
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    WorkingDir: DATA_DIR,
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    HostConfig: {
      NetworkMode: settings.network,
      ExtraHosts: gateway ? [`host.docker.internal:${gateway}`] : [],
      Memory: settings.memoryMb * MIB,
      MemorySwap: settings.memoryMb * MIB,
      NanoCpus: settings.cpus * 1e9,
      PidsLimit: settings.pids,
      ReadonlyRootfs: true,
      Tmpfs: { '/tmp': `rw,nosuid,nodev,size=${TMP_SIZE},mode=1777` },
      Mounts: [{ Type: 'volume', Source: volumeName(userId), Target: DATA_DIR }],
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      IpcMode: 'private',
      LogConfig: { Type: 'json-file', Config: LOG_LIMITS },
      // Starting it anew is the scheduler's to decide.
      RestartPolicy: { Name: 'no' },
    },
  };
}

/** What a container finds around it. */
export interface ContainerSurroundings {
  /** The bus as containers reach it. */
  natsUrl: string;
  /** What runtimes may inherit. */
  environment: Record<string, string>;
  /** This machine's address on the network, for a bus that listens there: `host.docker.internal`. */
  gateway: string | null;
}
