import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type ApiObject, RESOURCES } from './api-object.ts';
import type { ObjectStore } from './object-store.ts';
import type { Container, PodSpec } from './pod.ts';

const [SECRETS, CLAIMS] = ['secrets', 'persistentvolumeclaims'].map((plural) =>
  RESOURCES.find((resource) => resource.plural === plural),
);

const secretDataSchema = z.looseObject({ data: z.record(z.string(), z.base64()).default({}) });

/** A pod's volumes as folders of this machine. */
export interface Volumes {
  /** Makes them; a secret or a claim that is not there is the reason why it cannot. */
  mount(pod: ApiObject, spec: PodSpec): Promise<{ folders: Map<string, string> } | { missing: string }>;
  /** Takes away what goes with the pod. */
  unmount(pod: ApiObject): Promise<void>;
}

export function createVolumes(store: ObjectStore, dir: string): Volumes {
  const ofPod = (pod: ApiObject): string => join(dir, 'pods', pod.metadata.uid ?? '');

  return {
    async mount(pod, spec) {
      const namespace = pod.metadata.namespace ?? '';
      const folders = new Map<string, string>();
      for (const { name, persistentVolumeClaim: claim, secret } of spec.volumes) {
        const folder = claim
          ? join(dir, 'claims', namespace, claim.claimName)
          : join(ofPod(pod), 'volumes', name);
        if (claim && CLAIMS && !store.find(CLAIMS, namespace, claim.claimName))
          return { missing: `persistentvolumeclaim "${claim.claimName}" not found` };
        await mkdir(folder, { recursive: true, mode: 0o700 });
        if (secret && SECRETS) {
          const kept = store.find(SECRETS, namespace, secret.secretName);
          if (!kept)
            return {
              missing: `MountVolume.SetUp failed for volume "${name}" : secret "${secret.secretName}" not found`,
            };
          for (const [file, data] of Object.entries(secretDataSchema.parse(kept).data))
            await writeFile(join(folder, file), Buffer.from(data, 'base64'), { mode: 0o400 });
        }
        folders.set(name, folder);
      }
      return { folders };
    },
    unmount: (pod) => rm(ofPod(pod), { recursive: true, force: true }),
  };
}

/**
 * A container's environment for a process that shares this machine's files: a path into a volume is the path of its
 * folder here.
 */
export function environmentOf(
  { env, volumeMounts }: Container,
  folders: Map<string, string>,
): NodeJS.ProcessEnv {
  const here = (value: string): string => {
    const mount = volumeMounts.find(
      ({ mountPath }) => value === mountPath || value.startsWith(`${mountPath}/`),
    );
    const folder = mount && folders.get(mount.name);
    return mount && folder ? folder + value.slice(mount.mountPath.length) : value;
  };
  return Object.fromEntries(env.map(({ name, value }) => [name, here(value)]));
}
