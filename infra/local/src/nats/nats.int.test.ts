import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node';
import { inboxPrefix } from '@semibot/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StartedNats, startNats } from './nats.ts';
import { generateNatsKeys, type NatsKeys } from './nats-keys.ts';

describe('a nats-server with the accounts of the system', () => {
  const keys = generateNatsKeys();
  let dir: string;
  let nats: StartedNats;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'semibot-nats-'));
    nats = await startNats({ dir, keys });
  }, 60_000);
  afterAll(async () => {
    await nats?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const connectAs = async (name: Exclude<keyof NatsKeys, 'calloutIssuer'>): Promise<Client> => {
    const nc = await connect({
      servers: nats.url,
      inboxPrefix: inboxPrefix(name),
      authenticator: nkeyAuthenticator(new TextEncoder().encode(keys[name].seed)),
    });
    return clientOf(nc);
  };

  it('lets each service in with its nkey', async () => {
    for (const name of ['relay', 'chat', 'scheduler', 'setup', 'operator', 'sys', 'auth'] as const) {
      await using client = await connectAs(name);
      expect(client.nc.info?.jetstream).toBe(true);
    }
  });

  it('refuses whom it does not know', async () => {
    await expect(connect({ servers: nats.url, reconnect: false })).rejects.toThrow(/authorization/i);
  });

  it('lets a service publish and subscribe what its rights list', async () => {
    await using relay = await connectAs('relay');
    expect(await relay.publishIsRefused('api.chat.messages.post')).toBe(false);
    expect(await relay.subscribeIsRefused('live.*.*')).toBe(false);
  });

  it('refuses a service every subject that its rights do not list', async () => {
    await using relay = await connectAs('relay');
    for (const subject of [
      'events.u.s',
      'commands.u.s',
      '$JS.API.STREAM.DELETE.EVENTS',
      'api.scheduler.vm.ensure',
    ])
      expect(await relay.publishIsRefused(subject), subject).toBe(true);
    for (const subject of ['events.*.*', 'commands.*.*', '_INBOX_chat.>', '>'])
      expect(await relay.subscribeIsRefused(subject), subject).toBe(true);
  });

  it('lets an operator read everything and change nothing', async () => {
    await using operator = await connectAs('operator');
    expect(await operator.subscribeIsRefused('>')).toBe(false);
    for (const subject of ['events.u.s', 'api.chat.messages.post', '$JS.API.STREAM.PURGE.EVENTS'])
      expect(await operator.publishIsRefused(subject), subject).toBe(true);
  });

  it('lets a service that serves answer to its caller', async () => {
    await using relay = await connectAs('relay');
    await using chat = await connectAs('chat');
    chat.nc.subscribe('api.chat.messages.post', {
      callback: (_error, message) => {
        message.respond('here');
      },
    });
    await chat.nc.flush();
    const answer = await relay.nc.request('api.chat.messages.post', '', { timeout: 5_000 });
    expect(answer.string()).toBe('here');
  });

  it('starts again on its port after a SIGKILL', async () => {
    const { port } = nats;
    await nats.kill('SIGKILL');
    nats = await startNats({ dir, keys, port });
    expect(nats.port).toBe(port);
    await using chat = await connectAs('chat');
    expect(chat.nc.isClosed()).toBe(false);
  });
});

interface Client extends AsyncDisposable {
  nc: NatsConnection;
  publishIsRefused(subject: string): Promise<boolean>;
  subscribeIsRefused(subject: string): Promise<boolean>;
}

/** The server tells of a refusal before it answers a flush. */
function clientOf(nc: NatsConnection): Client {
  const errors: string[] = [];
  void (async () => {
    for await (const event of nc.status()) if (event.type === 'error') errors.push(event.error.message);
  })();
  const isRefused = async (act: () => void): Promise<boolean> => {
    errors.length = 0;
    act();
    await nc.flush();
    await new Promise(setImmediate);
    return errors.length > 0;
  };
  return {
    nc,
    publishIsRefused: (subject) => isRefused(() => nc.publish(subject)),
    subscribeIsRefused: (subject) => isRefused(() => nc.subscribe(subject, { callback: () => {} })),
    [Symbol.asyncDispose]: () => nc.close(),
  };
}
