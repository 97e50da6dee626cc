import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A relay as it runs in earnest: a process of its own, which a test may kill. */
export interface RelayProcess {
  port: number;
  /** Resolves with its exit code when it has ended; null where the signal ended it. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

/** Starts one; resolves when it listens. */
export async function startRelayProcess(env: Record<string, string>): Promise<RelayProcess> {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const port = await new Promise<number>((resolve, reject) => {
    void ended.then((code) => reject(new Error(`the relay ended with ${code}`)));
    createInterface(child.stdout).on('line', (line) => {
      const { msg, port: listening } = JSON.parse(line);
      if (msg === 'listening') resolve(listening);
    });
  });
  return {
    port,
    kill: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}
