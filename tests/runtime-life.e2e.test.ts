import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROUTES } from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Client, signInLocally } from './support/client.ts';
import { counted, expectWhole } from './support/expectations.ts';
import { connectTo } from './support/operator.ts';
import { Tab } from './support/tab.ts';
import { startTemporarySystem } from './support/temporary-system.ts';

const connectionsSchema = z.object({
  server: z.object({ id: z.string() }),
  data: z.object({ connections: z.array(z.object({ cid: z.int() })) }),
});

type System = Awaited<ReturnType<typeof startTemporarySystem>>;

const REPOSITORY = new URL('../', import.meta.url).pathname;
const measured: string[] = [];

/** What the operators' command line prints. */
const vm = async (system: System, ...args: string[]): Promise<string> =>
  (
    await promisify(execFile)(
      process.execPath,
      [join(REPOSITORY, 'infra', 'vm', 'src', 'main.ts'), ...args, '--data', system.data],
      { timeout: 30_000 },
    )
  ).stdout;
const statusOf = async (client: Client) => (await client.ask(ROUTES.vm.status)).data;

afterAll(() => console.log(measured.join('\n')));

describe('an idle runtime', () => {
  let system: System;
  let client: Client;
  let userId: string;

  beforeAll(async () => {
    system = await startTemporarySystem({ VM_IDLE_FREEZE_MS: '1000' });
    client = await signInLocally(system.url);
    userId = (await client.ask(ROUTES.auth.me)).data.id;
  });
  afterAll(() => system?.remove());

  /** How long a message takes to its run's first token, in milliseconds. */
  async function answer(what: string): Promise<number> {
    const sessionId = await client.newSession();
    const tab = new Tab(client, sessionId);
    const startedAt = performance.now();
    const { runId } = await client.post(sessionId, 'count to 3');
    const { at } = await tab.next(({ event }) => event.type === 'text_chunk');
    measured.push(`${what}: ${Math.round(at - startedAt)} ms from the message to the first token`);
    await expectWhole(client, sessionId, tab, runId, counted(3));
    tab.close();
    return at - startedAt;
  }

  it('sleeps as it is, and goes on with the next message; the command line shows it', async () => {
    await answer('cold start');
    const pid = await system.pidOf(`runtime-${userId}`);
    await answer('running');
    await expect.poll(() => statusOf(client), { timeout: 60_000 }).toMatchObject({ status: 'frozen' });
    if (process.platform === 'linux')
      await expect.poll(() => readFile(`/proc/${pid}/stat`, 'utf8')).toMatch(/^\d+ \([^)]*\) T /);
    expect(await vm(system, 'list')).toMatch(new RegExp(`${userId}\\s+frozen\\s+process\\s+0`));

    await answer('frozen');
    expect(await system.pidOf(`runtime-${userId}`)).toBe(pid);
    expect(await vm(system, 'status', userId.slice(0, 8))).toMatch(/status\s+ready/);
  });

  it('that lost its connection in its sleep comes back with the next message', async () => {
    await expect.poll(() => statusOf(client), { timeout: 60_000 }).toMatchObject({ status: 'frozen' });
    const pid = await system.pidOf(`runtime-${userId}`);
    const sys = await connectTo(system, 'sys');
    const closed = Promise.withResolvers<void>();
    sys.nc.subscribe('$SYS.ACCOUNT.RT.DISCONNECT', { callback: () => closed.resolve() });
    const { server, data } = connectionsSchema.parse(
      (await sys.nc.request('$SYS.REQ.SERVER.PING.CONNZ', JSON.stringify({ acc: 'RT', auth: true }))).json(),
    );
    const kick = JSON.stringify({ cid: data.connections[0]?.cid });
    await sys.nc.request(`$SYS.REQ.SERVER.${server.id}.KICK`, kick);
    await closed.promise;
    await sys.close();

    await answer('frozen, and off the bus');
    expect(await system.pidOf(`runtime-${userId}`)).toBe(pid);
  });

  it('is seen and stopped by the owner over HTTP, and begins anew with the next message', async () => {
    const { data, meta } = await client.ask(ROUTES.vm.list, { query: '?status=ready' });
    expect(meta).toMatchObject({ total: 1 });
    const [one] = data;
    expect(one).toMatchObject({ userId, status: 'ready', mode: 'process' });
    const stopped = await client.ask(ROUTES.vm.stop, { params: { id: one?.id ?? '' } });
    expect(stopped.data).toMatchObject({ id: one?.id, status: 'terminated' });
    await answer('after a stop');
  });

  it('is stopped and started by the command line', async () => {
    expect(await vm(system, 'stop', userId)).toMatch(/terminated/);
    expect(await vm(system, 'list')).toBe('There is none.\n');
    expect((await vm(system, 'list', '--all')).match(/terminated/g)).toHaveLength(2);
    expect(await vm(system, 'rebootstrap')).toMatch(/status\s+starting/);
    await expect.poll(() => statusOf(client), { timeout: 60_000 }).toMatchObject({ status: 'ready' });
    await answer('started anew');
  });
});

describe('a runtime that cannot be started', () => {
  let system: System;
  let client: Client;
  let machine: string;
  let broken: string;
  let pidFile: string;

  beforeAll(async () => {
    machine = await mkdtemp(join(tmpdir(), 'semibot-machine-'));
    [broken, pidFile] = [join(machine, 'broken'), join(machine, 'pid')];
    await writeFile(broken, '');
    const runtime = `"${process.execPath}" "${join(REPOSITORY, 'services', 'runtime', 'src', 'main.ts')}"`;
    system = await startTemporarySystem({
      VM_DRIVER: 'command',
      VM_BOOTSTRAP_CMD:
        `test ! -e "${broken}" || { echo "no machine is free for $VM_TICKET"; exit 3; }; ` +
        `SEMIBOT_DATA_DIR="${machine}" nohup ${runtime} & echo $! >> "${pidFile}"`,
      VM_BOOTSTRAP_COOLDOWN_MS: '1000',
      VM_PROVISIONING_RETRY_COOLDOWN_MS: '1000',
      VM_BOOTSTRAP_MAX_ATTEMPTS: '3',
      CHAT_VM_READY_WAIT_MS: '500',
    });
    client = await signInLocally(system.url);
  });
  afterAll(async () => {
    await killStarted();
    await system?.remove();
    await rm(machine, { recursive: true, force: true });
  });
  /** Whichever is connected: on a slow machine a second one was started beside it. */
  async function killStarted(): Promise<void> {
    for (const pid of (await readFile(pidFile, 'utf8')).trim().split('\n'))
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It has ended already.
      }
  }

  const lastError =
    'bootstrap attempts exceeded: the runtime could not be started: VM_BOOTSTRAP_CMD ended with code 3: ' +
    'no machine is free for [secret]';

  it('ends the queued run when the attempts are used up, having told that it waits', async () => {
    const sessionId = await client.newSession();
    const tab = new Tab(client, sessionId);
    const { runId } = await client.post(sessionId, 'count to 3');
    const { event } = await tab.untilEnd(runId);
    expect(event).toMatchObject({ type: 'execution_error', code: 'RUNTIME_UNAVAILABLE' });
    expect(tab.received.map((one) => one.event.type)).toContain('runtime_pending');
    expect(await statusOf(client)).toMatchObject({ status: 'failed', attempts: 3, lastError });
    tab.close();
  });

  it('comes by force, past the cap, and then loses a run whose next runtime does not come', async () => {
    await rm(broken);
    expect((await client.ask(ROUTES.vm.rebootstrap)).data).toMatchObject({ attempts: 1 });
    const sessionId = await client.newSession();
    const tab = new Tab(client, sessionId);
    const { runId } = await client.post(sessionId, 'count to 2000');
    await tab.untilCounted(runId, 20);
    await writeFile(broken, '');
    await killStarted();
    const { event } = await tab.untilEnd(runId);
    expect(event).toMatchObject({ type: 'execution_error', code: 'EXECUTION_PLANE_DISCONNECTED' });
    const types = tab.received.map((one) => one.event.type);
    expect(types.indexOf('runtime_lost')).toBeGreaterThan(types.indexOf('run_started'));
    expect(types.indexOf('runtime_pending', types.indexOf('runtime_lost'))).toBeGreaterThan(0);
    expect(await statusOf(client)).toMatchObject({ status: 'failed', lastError });
    tab.close();
  });
});

describe("a runtime on its user's own machine", () => {
  it('is started by the command that its user is given, and works for them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'semibot-machine-'));
    await using system = await startTemporarySystem({ VM_DRIVER: 'external' });
    const client = await signInLocally(system.url);
    const { data } = await client.ask(ROUTES.vm.rebootstrap);
    expect(data).toMatchObject({ mode: 'external', status: 'starting' });
    const command = (data.instructions ?? '').replace('.semibot-runtime', folder);
    const shell = spawn('sh', ['-c', command], { cwd: REPOSITORY, stdio: 'ignore', detached: true });
    try {
      const sessionId = await client.newSession();
      const tab = new Tab(client, sessionId);
      const { runId } = await client.post(sessionId, 'count to 3');
      await expectWhole(client, sessionId, tab, runId, counted(3));
      expect(await statusOf(client)).toMatchObject({ mode: 'external', status: 'ready', attempts: 0 });
      tab.close();
    } finally {
      if (shell.pid) process.kill(-shell.pid, 'SIGKILL');
      await system.remove();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
