import { z } from 'zod';
import type { DockerSettings } from './docker-settings.ts';

const failure = z.object({
  code: z.string().optional(),
  statusCode: z.number().optional(),
  message: z.string().optional(),
  json: z.object({ message: z.string() }).optional().catch(undefined),
});

/** Whether the engine answered with this HTTP status. */
export function hasStatus(error: unknown, ...statuses: number[]): boolean {
  const { statusCode } = failure.safeParse(error).data ?? {};
  return statusCode !== undefined && statuses.includes(statusCode);
}

/** What went wrong with the engine, in words for whoever runs the scheduler. */
export function explainEngineError(
  error: unknown,
  { engine, image }: Pick<DockerSettings, 'engine' | 'image'>,
): Error {
  const { code, statusCode, message, json } = failure.safeParse(error).data ?? {};
  const said = json?.message ?? message ?? String(error);
  const explain = (text: string): Error => new Error(text, { cause: error });
  if (statusCode === 404 && /no such image/i.test(said))
    return explain(
      `there is no image ${image}: build it with "npm run images", or name another with VM_DOCKER_IMAGE`,
    );
  if (code === 'EACCES' || code === 'EPERM')
    return explain(`this user may not use the Docker engine at ${engine}: it is not in the socket's group`);
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTFOUND')
    return explain(
      `no Docker engine answers at ${engine} (${code}): is it running, and is DOCKER_HOST right?`,
    );
  return explain(
    statusCode ? `the Docker engine refused (${statusCode}): ${said}` : `the Docker engine: ${said}`,
  );
}
