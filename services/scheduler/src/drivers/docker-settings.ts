import type { Config } from '../config.ts';

/** How runtimes are started as containers. */
export interface DockerSettings {
  /** The engine: `unix:///path` or `tcp://host:port`. */
  engine: string;
  image: string;
  network: string;
  /** Whether the network leads out to other machines, where the driver makes it. */
  egress: 'none' | 'open';
  memoryMb: number;
  cpus: number;
  /** Processes and threads at once. */
  pids: number;
}

export const dockerSettings = (config: Config): DockerSettings => ({
  engine: config.DOCKER_HOST,
  image: config.VM_DOCKER_IMAGE,
  network: config.VM_DOCKER_NETWORK,
  egress: config.VM_DOCKER_EGRESS,
  memoryMb: config.VM_DOCKER_MEMORY_MB,
  cpus: config.VM_DOCKER_CPUS,
  pids: config.VM_DOCKER_PIDS,
});
