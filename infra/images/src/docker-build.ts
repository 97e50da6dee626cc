import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

/** Of a build that failed, this much of the end tells why. */
const KEPT_LINES = 30;

export interface DockerBuild {
  dockerfile: string;
  /** The folder that the build may copy from. */
  context: string;
  tag: string;
  target?: string;
  /** Hears what the build prints, as it comes. */
  onOutput?: (text: string) => void;
}

/** Runs `docker build`. Rejects with the end of what it printed. */
export async function dockerBuild({
  dockerfile,
  context,
  tag,
  target,
  onOutput,
}: DockerBuild): Promise<void> {
  const args = [
    'build',
    '--progress=plain',
    '-f',
    dockerfile,
    '-t',
    tag,
    ...(target ? ['--target', target] : []),
  ];
  const child = spawn('docker', [...args, context], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DOCKER_BUILDKIT: '1' },
  });
  let kept = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      kept = `${kept}${text}`.split('\n').slice(-KEPT_LINES).join('\n');
      onOutput?.(text);
    });
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  if (code !== 0) throw new Error(`docker build of ${tag} failed:\n${kept}`);
}

/** The size of a local image, in bytes. Rejects where it is not there. */
export async function imageBytes(name: string): Promise<number> {
  const args = ['image', 'inspect', '--format', '{{.Size}}', name];
  return Number((await promisify(execFile)('docker', args)).stdout);
}

/** Why no Docker engine can be used here, or null where one answers. */
export async function whyNoDocker(): Promise<string | null> {
  try {
    await promisify(execFile)('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 10_000 });
    return null;
  } catch (error) {
    if (!(error instanceof Error)) return String(error);
    if ('code' in error && error.code === 'ENOENT') return 'there is no docker command';
    return error.message.trim().split('\n').at(-1) ?? error.message;
  }
}
