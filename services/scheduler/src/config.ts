import { logLevelSchema, secret } from '@semibot/service';
import { z } from 'zod';
import { DRIVER_MODES } from './domain/instance.ts';

const COOLDOWN_MIN_MS = 1_000;
/** Longer than whoever asked for a runtime takes to give it a run. */
const IDLE_MIN_MS = 1_000;
const seed = (kind: 'U' | 'A') =>
  z.string().regex(new RegExp(`^S${kind}[A-Z2-7]{56}$`), `must be an nkey seed (S${kind}…)`);

/** An amount as Kubernetes writes it. */
const quantity = (normally: string, what: string) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/, 'must be an amount such as 250m or 512Mi')
    .default(normally)
    .describe(`VM_DRIVER=kubernetes: ${what}.`);

/** What the scheduler reads from the environment. */
export const configSchema = z.object({
  NATS_URL: z.string().min(1).describe('The bus, as nats://host:port; several separated by commas.'),
  NATS_NKEY_SEED: seed('U').describe("The scheduler's key on the bus."),
  NATS_AUTH_NKEY_SEED: seed('U').describe('Its key in the account of the auth callout.'),
  NATS_SYS_NKEY_SEED: seed('U').describe('Its key in the system account.'),
  NATS_CALLOUT_ISSUER_SEED: seed('A').describe('The account key that signs what the auth callout answers.'),
  DATABASE_URL: z.string().min(1).describe('PostgreSQL, as postgres://user:password@host:port/database.'),
  JWT_SECRET: secret().describe("Signs tokens: the runtimes' here, people's in chat."),
  SEMIBOT_DATA_DIR: z.string().default('.semibot').describe("The runtimes' files, logs and process ids."),
  VM_DRIVER: z
    .enum(DRIVER_MODES)
    .default('process')
    .describe(
      "How runtimes are started: on this machine, in a container, in a pod, by a command of yours, or on the user's own machine.",
    ),
  VM_NATS_URL: z.string().min(1).optional().describe('The bus as runtimes reach it; default NATS_URL.'),
  DOCKER_HOST: z
    .string()
    .regex(/^(unix:\/\/\/|tcp:\/\/.)/, 'must be unix:///path/of/socket or tcp://host:port')
    .default('unix:///var/run/docker.sock')
    .describe('VM_DRIVER=docker: the engine, as unix:///path or tcp://host:port.'),
  VM_DOCKER_IMAGE: z
    .string()
    .min(1)
    .default('semibot-runtime')
    .describe("VM_DRIVER=docker: the runtime's image; `npm run images` builds it."),
  VM_DOCKER_NETWORK: z
    .string()
    .min(1)
    .default('semibot-runtimes')
    .describe('VM_DRIVER=docker: the network of runtimes, on which the bus is; made where it is not there.'),
  VM_DOCKER_EGRESS: z
    .enum(['none', 'open'])
    .default('none')
    .describe(
      'VM_DRIVER=docker: whether a network that is made leads out to other machines, which hosted models need; a proxy on the network does as well.',
    ),
  VM_DOCKER_MEMORY_MB: z.coerce
    .number()
    .int()
    .min(64)
    .default(512)
    .describe("VM_DRIVER=docker: a runtime's memory, in MiB; it has no swap."),
  VM_DOCKER_CPUS: z.coerce.number().min(0.1).default(1).describe("VM_DRIVER=docker: a runtime's CPUs."),
  VM_DOCKER_PIDS: z.coerce
    .number()
    .int()
    .min(16)
    .default(256)
    .describe("VM_DRIVER=docker: a runtime's processes and threads at once."),
  VM_KUBERNETES_NAMESPACE: z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "must be a namespace's name")
    .default('semibot-runtimes')
    .describe(
      'VM_DRIVER=kubernetes: where the pods live; infra/kubernetes makes it. The cluster is the one of KUBECONFIG, of ~/.kube/config, or the one around this process.',
    ),
  VM_KUBERNETES_IMAGE: z
    .string()
    .min(1)
    .default('semibot-runtime')
    .describe("VM_DRIVER=kubernetes: the runtime's image, as the nodes can pull it."),
  VM_KUBERNETES_CPU_REQUEST: quantity('100m', "a pod's share of its node's CPUs"),
  VM_KUBERNETES_CPU_LIMIT: quantity('1', "a pod's CPUs at most"),
  VM_KUBERNETES_MEMORY_REQUEST: quantity('128Mi', "a pod's share of its node's memory"),
  VM_KUBERNETES_MEMORY_LIMIT: quantity('512Mi', "a pod's memory at most"),
  VM_KUBERNETES_TMP_SIZE: quantity('256Mi', "a pod's /tmp"),
  VM_KUBERNETES_STORAGE_SIZE: quantity('1Gi', "the volume of a user's files"),
  VM_KUBERNETES_STORAGE_CLASS: z
    .string()
    .min(1)
    .optional()
    .describe("VM_DRIVER=kubernetes: the class of these volumes; default the cluster's own."),
  VM_BOOTSTRAP_CMD: z
    .string()
    .min(1)
    .optional()
    .describe(
      'VM_DRIVER=command: what starts a runtime, run by `sh -c` with NATS_URL, VM_USER_ID, VM_ORG_ID, VM_INSTANCE_ID, VM_MODE, VM_TOKEN, VM_TICKET and FORCE_RESTART_RUNTIME (0 or 1) in its environment.',
    ),
  VM_BOOTSTRAP_COOLDOWN_MS: z.coerce
    .number()
    .int()
    .min(COOLDOWN_MIN_MS)
    .default(30_000)
    .describe('Between two attempts to start a runtime, in milliseconds.'),
  VM_PROVISIONING_RETRY_COOLDOWN_MS: z.coerce
    .number()
    .int()
    .min(COOLDOWN_MIN_MS)
    .default(5_000)
    .describe('The same while the runtime is on its way and nothing of it is seen.'),
  VM_BOOTSTRAP_MAX_ATTEMPTS: z.coerce
    .number()
    .int()
    .min(1)
    .default(5)
    .describe('Attempts before the instance has failed.'),
  VM_IDLE_FREEZE_MS: z.coerce
    .number()
    .int()
    .min(IDLE_MIN_MS)
    .default(15 * 60_000)
    .describe('A runtime without a run for this long is put to sleep until it is needed, in milliseconds.'),
  HEALTH_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .describe('Where GET /live and /ready are answered; 0 takes a free port.'),
  LOG_LEVEL: logLevelSchema,
});
export type Config = z.output<typeof configSchema>;

/** What a runtime inherits: what programs need to run at all, and the way out. No secret is among these. */
const INHERITED = [
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'NODE_EXTRA_CA_CERTS',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'LOG_LEVEL',
] as const;

/** The part of this process's environment that runtimes are given. */
export function inheritedEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return Object.fromEntries(
    INHERITED.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
