import { createCurve } from '@nats-io/nkeys';
import { serveRequests } from '@semibot/bus';
import { buildImage, whyNoDocker } from '@semibot/images';
import { newId, SemibotError } from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type DockerLab, docker, startDockerLab } from '../testing/docker-lab.ts';
import { type SchedulerLab, startSchedulerLab } from '../testing/scheduler-lab.ts';
import { createDockerDriver } from './docker.ts';
import { containerName, volumeName } from './docker-container.ts';
import type { Driver } from './driver.ts';

const reason = await whyNoDocker();
if (reason) console.log(`What a container keeps a runtime from is not tested here: ${reason}`);

/** Tries an address from inside of a container; prints `open` or why not. */
const PROBE = `
  const [host, port] = process.argv.slice(1);
  const socket = require('node:net').connect({ host, port: Number(port), timeout: 1500 });
  const tell = (how) => { console.log(how); process.exit(); };
  socket.on('connect', () => tell('open')).on('timeout', () => tell('timeout')).on('error', (e) => tell(e.code));
`;

describe.skipIf(reason !== null)("a user's container", () => {
  let lab: SchedulerLab;
  let engine: DockerLab;
  let driver: Driver;

  const apiKey = `sk-${newId()}`;
  const user = { userId: newId(), orgId: newId() };
  const other = { userId: newId(), orgId: newId() };
  const inside = (userId: string, ...command: string[]) => docker('exec', containerName(userId), ...command);
  const probe = (userId: string, host: string, port: number | string) =>
    inside(userId, 'node', '-e', PROBE, host, `${port}`);

  // The runtime itself, which is given a provider key, and beside it the container of somebody else.
  beforeAll(async () => {
    lab = await startSchedulerLab();
    engine = await startDockerLab(lab.natsUrl);
    for (const { userId } of [user, other]) engine.remember(userId);
    driver = createDockerDriver({
      settings: engine.settings,
      natsUrl: engine.natsUrl,
      environment: { OPENAI_API_KEY: apiKey, JWT_SECRET: apiKey },
    });
    const scheduler = await lab.startScheduler(driver);
    const curve = createCurve();
    const keys = new TextEncoder().encode(
      JSON.stringify({ 'openai-compatible': { baseUrl: 'http://models.invalid/v1', apiKey } }),
    );
    const unknown = () => Promise.reject(new SemibotError('NOT_FOUND'));
    const told = Promise.withResolvers<void>();
    await serveRequests(
      await lab.connect('chat'),
      { name: 'chat', description: 'A chat that knows one user.' },
      {
        init: async ({ curveKey }) => {
          told.resolve();
          return {
            ...user,
            commandNumber: 0,
            sealedKeys: {
              data: Buffer.from(curve.seal(keys, curveKey)).toString('base64'),
              from: curve.getPublicKey(),
            },
          };
        },
        get_keys: unknown,
        get_run: unknown,
        log_tail: unknown,
        commands_after: unknown,
      },
    );
    const startedAt = Date.now();
    await scheduler.lifecycle.ensure(user);
    const status = async () => (await scheduler.lifecycle.peek(user.userId)).instance?.status;
    await vi.waitUntil(async () => (await status()) === 'ready', { timeout: 30_000 });
    console.log(`the runtime itself, in a container: bootstrap to ready in ${Date.now() - startedAt} ms`);
    await told.promise;
  }, 300_000);
  afterAll(async () => {
    await driver?.kill(user.userId);
    await lab?.[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
  });

  it('runs without privileges: no root, no capability and no way to gain one', async () => {
    const status = await inside(user.userId, 'cat', '/proc/1/status');
    expect(status).toMatch(/^Uid:\t1000\t1000\t1000\t1000$/m);
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
      expect(status).toMatch(new RegExp(`^${set}:\t0{16}$`, 'm'));
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
  });

  it('has an init as its first process, and the runtime under it', async () => {
    expect(await inside(user.userId, 'cat', '/proc/1/comm')).toBe('tini');
  });

  it('writes to its /data and /tmp and to nothing else', async () => {
    const write = (path: string) => inside(user.userId, 'sh', '-c', `echo hello > ${path}`);
    for (const path of ['/app/x', '/etc/x', '/home/node/x', '/usr/local/bin/x'])
      await expect(write(path)).rejects.toThrow('Read-only file system');
    for (const path of ['/data/x', '/tmp/x']) await expect(write(path)).resolves.toBe('');
  });

  it('has limits on memory, CPUs, processes and logs', async () => {
    const { HostConfig } = JSON.parse(
      await docker('inspect', '-f', '{{json .}}', containerName(user.userId)),
    );
    expect(HostConfig).toMatchObject({
      Memory: 512 * 1024 * 1024,
      MemorySwap: 512 * 1024 * 1024,
      NanoCpus: 1e9,
      PidsLimit: 256,
      LogConfig: { Config: { 'max-size': '10m', 'max-file': '2' } },
    });
  });

  it('reaches the bus, and no PostgreSQL: not in another network, not on this machine', async () => {
    const bus = new URL(engine.natsUrl);
    expect(await probe(user.userId, bus.hostname, bus.port)).toBe('open');

    await using postgres = await startPostgresContainer();
    expect(await probe(user.userId, postgres.address, 5432)).not.toBe('open');
    const ours = new URL(lab.databaseUrl).port;
    expect(await probe(user.userId, 'host.docker.internal', ours)).not.toBe('open');
    expect(await probe(user.userId, '127.0.0.1', ours)).not.toBe('open');
  });

  it('is on one network only, from which no way leads to other machines', async () => {
    const networks = await docker(
      'inspect',
      '-f',
      '{{json .NetworkSettings.Networks}}',
      containerName(user.userId),
    );
    expect(Object.keys(JSON.parse(networks))).toEqual([engine.settings.network]);
    expect(await docker('network', 'inspect', '-f', '{{.Internal}}', engine.settings.network)).toBe('true');
  });

  it("sees its own user's files again in the next container, and nobody else's", async () => {
    const secret = newId();
    const start = (who: typeof user) =>
      driver.spawn({ ...who, instanceId: newId(), token: 'a token', ticket: 'a ticket', force: false });
    await inside(user.userId, 'sh', '-c', `echo ${secret} > /data/mine`);
    await start(other);
    await expect(inside(other.userId, 'cat', '/data/mine')).rejects.toThrow('No such file');
    const elsewhere = `/var/lib/docker/volumes/${volumeName(user.userId)}`;
    await expect(inside(other.userId, 'ls', elsewhere)).rejects.toThrow('No such file');
    const mounts = await docker('inspect', '-f', '{{json .Mounts}}', containerName(other.userId));
    expect(JSON.parse(mounts)).toEqual([
      expect.objectContaining({ Type: 'volume', Name: volumeName(other.userId), Destination: '/data' }),
    ]);
    expect(await inside(user.userId, 'cat', '/data/mine')).toBe(secret);
  });

  it('shows no secret: not to docker inspect, in its environments, command lines, files or logs', async () => {
    const name = containerName(user.userId);
    const shown = {
      inspected: await docker('inspect', name),
      environments: await inside(user.userId, 'sh', '-c', 'cat /proc/[0-9]*/environ'),
      commandLines: await inside(user.userId, 'sh', '-c', 'cat /proc/[0-9]*/cmdline'),
      listed: await docker('top', name),
      logs: await docker('logs', name),
    };
    expect(shown.environments).toContain(user.userId);
    expect(shown.logs).toContain('"msg":"started"');
    for (const [where, text] of Object.entries(shown)) {
      expect(text, where).not.toContain(apiKey);
      // Tokens begin like this, being JSON in base64.
      expect(text, where).not.toContain('eyJ');
      expect(text, where).not.toMatch(/VM_TOKEN|VM_TICKET|API_KEY|JWT_SECRET/);
    }
    const filesWith = (text: string) =>
      inside(user.userId, 'sh', '-c', `grep -rlsF ${text} /app /data /tmp /etc /home; true`);
    expect(await filesWith('VM_SECRETS_FILE')).toContain('/app/services/runtime/src/config.ts');
    expect(await filesWith(apiKey)).toBe('');
  });

  it('is made of an image that holds nothing of the environment and the folder it was built in', async () => {
    process.env.OPENAI_API_KEY = apiKey;
    const { name } = await buildImage('runtime').finally(() => delete process.env.OPENAI_API_KEY);
    const layers = await docker('history', '--no-trunc', '--format', '{{.CreatedBy}}', name);
    expect(layers).toContain('COPY services/runtime');
    expect(layers + (await docker('image', 'inspect', name))).not.toContain(apiKey);
    const files = (await inside(user.userId, 'find', '/app', '-not', '-path', '*/node_modules/*')).split(
      '\n',
    );
    expect(files).toContain('/app/services/runtime/src/main.ts');
    const unwanted = /\.test\.ts$|\/testing\/|\/\.git|\/\.env|\.semibot|\/secrets/;
    expect(files.filter((file) => unwanted.test(file))).toEqual([]);
  });

  it('ends within its time when it is asked to', async () => {
    await docker('stop', '-t', '10', containerName(user.userId));
    const code = await docker('inspect', '-f', '{{.State.ExitCode}}', containerName(user.userId));
    expect(code).toBe('0');
  });
});

/** A PostgreSQL in a network of its own, which answers there. */
async function startPostgresContainer(): Promise<AsyncDisposable & { address: string }> {
  const name = `semibot-test-postgres-${newId()}`;
  await docker('network', 'create', name);
  await docker(
    'run',
    '-d',
    '--rm',
    '--name',
    name,
    '--network',
    name,
    '-e',
    'POSTGRES_PASSWORD=x',
    'postgres:18',
  );
  const address = await docker(
    'inspect',
    '-f',
    '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
    name,
  );
  const neighbour = ['run', '--rm', '--network', name, '--entrypoint', 'node', 'semibot-runtime'];
  await expect
    .poll(() => docker(...neighbour, '-e', PROBE, address, '5432'), { timeout: 30_000 })
    .toBe('open');
  return {
    address,
    async [Symbol.asyncDispose]() {
      await docker('rm', '-f', '-v', name);
      await docker('network', 'rm', name);
    },
  };
}
