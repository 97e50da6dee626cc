import type { Config } from '../../config.ts';
import type { PodSettings } from './pod-spec.ts';

/** The driver's part of the configuration. */
export const kubernetesSettings = (config: Config): { namespace: string; pods: PodSettings } => ({
  namespace: config.VM_KUBERNETES_NAMESPACE,
  pods: {
    image: config.VM_KUBERNETES_IMAGE,
    cpuRequest: config.VM_KUBERNETES_CPU_REQUEST,
    cpuLimit: config.VM_KUBERNETES_CPU_LIMIT,
    memoryRequest: config.VM_KUBERNETES_MEMORY_REQUEST,
    memoryLimit: config.VM_KUBERNETES_MEMORY_LIMIT,
    tmpSize: config.VM_KUBERNETES_TMP_SIZE,
    storageSize: config.VM_KUBERNETES_STORAGE_SIZE,
    storageClass: config.VM_KUBERNETES_STORAGE_CLASS,
  },
});
