import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalSystem, startLocal } from '@semibot/local';
import { ROUTES } from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signInLocally } from './support/client.ts';
import { Tab } from './support/tab.ts';

describe('npm start', () => {
  let data: string;
  let system: LocalSystem;

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'semibot-start-'));
    system = await startLocal({ data });
  });
  afterAll(async () => {
    await system.stop();
    await rm(data, { recursive: true, force: true });
  });

  /** Every part's process, by the files in `run`. */
  async function pids(): Promise<Map<string, number>> {
    const names = (await readdir(join(data, 'run'))).filter((name) => name.endsWith('.pid'));
    const read = names.map(
      async (name): Promise<[string, number]> => [
        name.replace('.pid', ''),
        Number(await readFile(join(data, 'run', name), 'utf8')),
      ],
    );
    return new Map(await Promise.all(read));
  }
  const lives = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  /** A run that has a runtime at work, in a session of its own. */
  async function startCounting(to: number): Promise<{ tab: Tab; runId: string; sessionId: string }> {
    const client = await signInLocally(system.url);
    const sessionId = await client.newSession();
    const tab = new Tab(client, sessionId);
    const { runId } = await client.post(sessionId, `count to ${to}`);
    await tab.untilCounted(runId, 3);
    return { tab, runId, sessionId };
  }

  it('keeps secrets from other users of the machine', async () => {
    const mode = async (...path: string[]): Promise<number> => (await stat(join(data, ...path))).mode & 0o777;
    expect(await mode('secrets')).toBe(0o700);
    for (const name of await readdir(join(data, 'secrets')))
      expect(await mode('secrets', name), name).toBe(0o600);
    expect(await mode('run', 'info.json')).toBe(0o600);
    for (const name of await readdir(join(data, 'logs'))) expect(await mode('logs', name), name).toBe(0o600);
  });

  it.runIf(process.platform === 'linux')('shows no secret on a command line', async () => {
    const text = await readFile(join(data, 'secrets', 'secrets.json'), 'utf8');
    const secrets = text.match(/"(?:seed|jwtSecret|postgresPassword|secretKey)": "[^"]+"/g) ?? [];
    expect(secrets.length).toBeGreaterThan(8);
    for (const [part, pid] of await pids()) {
      const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8');
      for (const secret of secrets) expect(commandLine, part).not.toContain(secret.split('"')[3]);
    }
  });

  it('is refused on a data folder where it runs', async () => {
    await expect(startLocal({ data })).rejects.toThrow(
      `runs on the data folder ${data} already (process ${system.pid}, ${system.url})`,
    );
    expect(lives(system.pid)).toBe(true);
  });

  it('says so when the port of the page is taken', async () => {
    const other = await mkdtemp(join(tmpdir(), 'semibot-start-other-'));
    const port = Number(new URL(system.url).port);
    await expect(startLocal({ data: other, port })).rejects.toThrow(`Port ${port} of 127.0.0.1 is taken`);
    await rm(other, { recursive: true, force: true });
  });

  it('goes on with what it had after its supervisor was killed, and leaves no part twice', async () => {
    const { tab, sessionId } = await startCounting(400);
    tab.close();
    const before = await pids();
    expect([...before.keys()]).toEqual(
      expect.arrayContaining(['nats', 'postgres', 'relay', 'chat', 'scheduler']),
    );
    await system.stop('SIGKILL');
    system = await startLocal({ data });
    for (const [part, pid] of before) {
      if (lives(pid)) expect((await pids()).get(part), `${part} of before`).toBe(pid);
    }
    const client = await signInLocally(system.url);
    const { data: session } = await client.ask(ROUTES.sessions.get, { params: { sessionId } });
    expect(session.id).toBe(sessionId);
  });

  it('stops every part on SIGTERM within 10 s, one in mid-answer and a paused one too, and keeps all', async () => {
    const { tab, sessionId } = await startCounting(2_000);
    tab.close();
    const parts = await pids();
    const runtime = [...parts.keys()].find((part) => part.startsWith('runtime-'));
    expect(runtime).toBeDefined();
    process.kill(parts.get('chat') ?? 0, 'SIGSTOP');
    const stoppedAt = performance.now();
    expect(await system.stop('SIGTERM')).toBe(0);
    console.log(`all parts were stopped after ${Math.round(performance.now() - stoppedAt)} ms`);
    expect([...parts].filter(([, pid]) => lives(pid))).toEqual([]);
    expect((await pids()).size).toBe(0);

    const { nats, postgres } = system;
    system = await startLocal({ data });
    expect({ nats: system.nats, postgres: system.postgres }).toEqual({ nats, postgres });
    const client = await signInLocally(system.url);
    const [question] = await client.history(sessionId);
    expect(question?.text).toBe('count to 2000');
  });
});
