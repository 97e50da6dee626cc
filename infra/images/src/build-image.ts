import { fileURLToPath } from 'node:url';
import { dockerBuild, imageBytes } from './docker-build.ts';

/** The targets of the Dockerfile; each becomes the image `semibot-<target>`. */
export const IMAGES = ['runtime'] as const;
export type ImageTarget = (typeof IMAGES)[number];

export const imageName = (target: ImageTarget): string => `semibot-${target}`;

const DOCKERFILE = fileURLToPath(new URL('../Dockerfile', import.meta.url));
const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

export interface BuiltImage {
  name: string;
  /** With the base image. */
  bytes: number;
  durationMs: number;
}

/**
 * Builds an image of this repository; what has not changed comes from the engine's cache. Rejects with the end of what
 * the build printed.
 */
export async function buildImage(
  target: ImageTarget,
  onOutput?: (text: string) => void,
): Promise<BuiltImage> {
  const startedAt = Date.now();
  const name = imageName(target);
  await dockerBuild({
    dockerfile: DOCKERFILE,
    context: REPOSITORY,
    tag: name,
    target,
    ...(onOutput && { onOutput }),
  });
  return { name, bytes: await imageBytes(name), durationMs: Date.now() - startedAt };
}
