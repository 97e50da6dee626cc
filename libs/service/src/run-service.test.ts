import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const module = JSON.stringify(import.meta.resolve('./run-service.ts'));
const config = JSON.stringify(import.meta.resolve('./config.ts'));

/** Starts a service whose `start` has this body, as a process of its own; it may `say` things in its log. */
function service(body: string, env: Record<string, string> = {}) {
  const child = spawn(
    process.execPath,
    [
      '--no-warnings',
      '--input-type=module-typescript',
      '--eval',
      `import { runService } from ${module};
       import { ConfigError } from ${config};
       await runService({
         name: 'example',
         start: async (life) => {
           const say = (text: string) => life.logger.info(text);
           ${body}
         },
       });`,
    ],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const closed = once(child, 'close');
  const messages = () => [...stdout.matchAll(/"msg":"([^"]*)"/g)].map((match) => match[1]);
  return {
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    said: async (text: string) => {
      while (!messages().includes(text)) await once(child.stdout, 'data');
    },
    ended: async () => {
      const [exitCode] = await closed;
      return { exitCode, messages: messages(), stdout, stderr };
    },
  };
}

const stayAlive = 'const alive = setInterval(() => {}, 1_000_000);';

describe('a running service', () => {
  it('closes what it deferred in reverse order when asked to stop, and exits 0', async () => {
    const running = service(`${stayAlive}
      life.signal.addEventListener('abort', () => say('aborted'));
      life.defer(() => say('first'));
      life.defer(async () => { await Promise.resolve(); say('second'); });`);
    await running.said('started');
    running.kill('SIGTERM');
    const { exitCode, messages } = await running.ended();
    expect(exitCode).toBe(0);
    expect(messages).toEqual(['started', 'stopping', 'aborted', 'second', 'first', 'stopped']);
  });

  it('closes the others where one closer fails', async () => {
    const running = service(`${stayAlive}
      life.defer(() => say('first'));
      life.defer(() => { throw new Error('stuck'); });`);
    await running.said('started');
    running.kill('SIGINT');
    const { exitCode, messages } = await running.ended();
    expect(exitCode).toBe(0);
    expect(messages).toEqual(['started', 'stopping', 'closing failed', 'first', 'stopped']);
  });

  it('stops while it is still starting', async () => {
    const running = service(`${stayAlive}
      life.defer(() => say('closed'));
      say('waiting');
      await new Promise((_, reject) => life.signal.addEventListener('abort', () => reject(life.signal.reason)));`);
    await running.said('waiting');
    running.kill('SIGTERM');
    const { exitCode, messages } = await running.ended();
    expect(exitCode).toBe(0);
    expect(messages).toEqual(['waiting', 'stopping', 'closed', 'stopped']);
  });

  it('tells a bad configuration on stderr as a text, and exits 1', async () => {
    const body = "throw new ConfigError([{ variable: 'JWT_SECRET', problem: 'is missing' }]);";
    const { exitCode, stderr, stdout } = await service(body).ended();
    expect(exitCode).toBe(1);
    expect(stderr).toBe('semibot-example: The configuration is not complete:\n  JWT_SECRET is missing\n');
    expect(stdout).toBe('');
  });

  it('refuses a log level that there is not, in the same way', async () => {
    const { exitCode, stderr } = await service('', { LOG_LEVEL: 'loud' }).ended();
    expect(exitCode).toBe(1);
    expect(stderr).toContain('LOG_LEVEL is not usable');
  });

  it('closes what it had begun when it cannot start, and exits 1', async () => {
    const { exitCode, messages } = await service(
      "life.defer(() => say('closed')); throw new Error('no disk');",
    ).ended();
    expect(exitCode).toBe(1);
    expect(messages).toEqual(['could not start', 'stopping', 'closed', 'stopped']);
  });

  it('logs an unhandled rejection as fatal and exits 1', async () => {
    const { exitCode, stdout } = await service(`${stayAlive}
      setTimeout(() => void Promise.reject(new Error('forgotten')), 1);`).ended();
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/"level":"fatal".*forgotten.*"msg":"unhandled rejection"/);
  });

  it('keeps its compiled code for the next start though it is killed, and starts with what was cut short of it', async () => {
    const cache = await mkdtemp(join(tmpdir(), 'semibot-cache-'));
    const compiled = async () => {
      const all = await readdir(cache, { recursive: true, withFileTypes: true });
      return all.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    };
    try {
      const killed = service(stayAlive, { NODE_COMPILE_CACHE: cache });
      await expect.poll(compiled, { timeout: 20_000 }).not.toEqual([]);
      killed.kill('SIGKILL');
      await killed.ended();
      for (const file of await compiled()) await truncate(file, Math.floor((await stat(file)).size / 2));

      const next = service(stayAlive, { NODE_COMPILE_CACHE: cache });
      await next.said('started');
      next.kill('SIGTERM');
      expect(await next.ended()).toMatchObject({ exitCode: 0, stderr: '' });
    } finally {
      await rm(cache, { recursive: true });
    }
  }, 30_000);
});
