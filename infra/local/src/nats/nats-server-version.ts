import { runCommand } from '../run-command.ts';

/** The oldest nats-server with all that the streams use (per-message TTL, batch direct get). */
export const NATS_SERVER_OLDEST = '2.12.0';

/** The version a nats-server binary says it is, as `2.15.1`, or null where it cannot be run. */
export async function natsServerVersion(file: string): Promise<string | null> {
  try {
    const text = await runCommand(file, ['--version'], { timeoutMs: 5_000 });
    return /v?(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? null;
  } catch {
    return null;
  }
}

/** Is the version (as `2.15.1`) at least the other? */
export function isAtLeast(version: string, oldest: string): boolean {
  const parts = (text: string): number[] => text.split('.').map(Number);
  const wanted = parts(oldest);
  for (const [index, part] of parts(version).entries()) {
    const difference = part - (wanted[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
