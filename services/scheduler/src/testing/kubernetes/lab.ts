import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLogger } from '@semibot/service';
import type { PodSettings } from '../../drivers/kubernetes/pod-spec.ts';
import { createKubernetesDriver, type KubernetesDriver } from '../../drivers/kubernetes.ts';
import { type KubernetesApi, startKubernetesApi } from '../kubernetes-api.ts';
import { loadManifests } from './manifests.ts';

export const NAMESPACE = 'semibot-runtimes';
export const PROGRAM = fileURLToPath(new URL('../runtime-program.ts', import.meta.url));

const SETTINGS: PodSettings = {
  image: 'semibot-runtime',
  cpuRequest: '100m',
  cpuLimit: '1',
  memoryRequest: '128Mi',
  memoryLimit: '512Mi',
  tmpSize: '256Mi',
  storageSize: '1Gi',
};

/** A cluster with infra/kubernetes applied to it, and drivers that do there what the scheduler's account may. */
export interface KubernetesLab extends AsyncDisposable {
  api: KubernetesApi;
  /** What the drivers have logged, a line each. */
  logged: string[];
  driver(options?: {
    natsUrl?: string;
    environment?: Record<string, string>;
    pods?: Partial<PodSettings>;
  }): Promise<KubernetesDriver>;
}

export async function startKubernetesLab(): Promise<KubernetesLab> {
  const dir = await mkdtemp(join(tmpdir(), 'semibot-kubernetes-'));
  const api = await startKubernetesApi({
    manifests: await loadManifests(),
    account: { namespace: 'semibot', name: 'semibot-scheduler' },
    dir,
    images: { [SETTINGS.image]: [process.execPath, PROGRAM] },
  });
  const logged: string[] = [];
  const logger = createLogger(
    { service: 'scheduler', level: 'debug' },
    { write: (line: string) => void logged.push(line) },
  );
  const drivers: KubernetesDriver[] = [];
  return {
    api,
    logged,
    async driver({ natsUrl = 'nats://127.0.0.1:1', environment = {}, pods = {} } = {}) {
      const driver = await createKubernetesDriver({
        namespace: NAMESPACE,
        pods: { ...SETTINGS, ...pods },
        natsUrl,
        environment,
        logger,
        kubeconfig: api.kubeconfig,
      });
      drivers.push(driver);
      return driver;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(drivers.map((driver) => driver[Symbol.asyncDispose]()));
      await api[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
