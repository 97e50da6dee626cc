import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** A server that is measured, in a process of its own. */
export interface ServerProcess {
  pid: number;
  port: number;
  kill(signal: NodeJS.Signals): Promise<void>;
}

const lineSchema = z.object({ msg: z.string(), port: z.int().optional() });

/** Starts one; resolves when it has logged that it listens, and where. */
export async function startServerProcess(
  main: URL,
  env: Record<string, string>,
  nodeArguments: string[] = [],
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [...nodeArguments, fileURLToPath(main)], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const { pid } = child;
  if (pid === undefined) throw new Error(`${main} did not start`);
  const port = await new Promise<number>((resolve, reject) => {
    void ended.then(() => reject(new Error(`${main} ended`)));
    createInterface(child.stdout).on('line', (line) => {
      const { msg, port: listening } = lineSchema.parse(JSON.parse(line));
      if (msg === 'listening' && listening) resolve(listening);
    });
  });
  return {
    pid,
    port,
    kill: async (signal) => {
      child.kill(signal);
      await ended;
    },
  };
}
