import { NoRespondersError, RequestError } from '@nats-io/transport-node';
import type { Bus } from '@semibot/bus';
import { z } from 'zod';
import { RUNTIME_ACCOUNT } from '../accounts.ts';
import type { Connection } from '../domain/instance.ts';

/** A runtime's connection as the server tells of it. */
export interface LiveConnection extends Connection {
  userId: string;
}

const connzSchema = z.object({
  server: z.object({ id: z.string() }),
  data: z.object({
    total: z.int(),
    connections: z.array(z.object({ cid: z.int(), authorized_user: z.string().optional() })).default([]),
  }),
});
type Connz = z.infer<typeof connzSchema>;

const ANY_SERVER = '$SYS.REQ.SERVER.PING.CONNZ';
const connzOf = (serverId: string): string => `$SYS.REQ.SERVER.${serverId}.CONNZ`;
const kickOn = (serverId: string): string => `$SYS.REQ.SERVER.${serverId}.KICK`;
const REQUEST_TIMEOUT_MS = 2_000;
/** Servers that have not answered this long after another one did are not waited for. */
const SERVER_STALL_MS = 300;
const PAGE_CONNECTIONS = 1_024;

/** What the servers say of runtimes' connections, asked on a connection to the system account. */
export interface Connections {
  /** All of them. Throws where no server answers. */
  list(): Promise<LiveConnection[]>;
  /** Whether the server still holds this one. */
  has(connection: Connection): Promise<boolean>;
  /** Closes this one, if it is there. */
  kick(connection: Connection): Promise<void>;
  /** Closes every connection of the user but the one to keep. */
  kickOthers(userId: string, keep: Connection): Promise<number>;
}

export function createConnections(sys: Bus): Connections {
  const body = (filter: object): string =>
    JSON.stringify({ acc: RUNTIME_ACCOUNT, auth: true, limit: PAGE_CONNECTIONS, ...filter });

  /** The first page of every server. */
  async function askAll(filter: object): Promise<Connz[]> {
    const answers: Connz[] = [];
    const messages = await sys.nc.requestMany(ANY_SERVER, body(filter), {
      strategy: 'stall',
      stall: SERVER_STALL_MS,
      maxWait: REQUEST_TIMEOUT_MS,
    });
    for await (const message of messages) answers.push(connzSchema.parse(message.json()));
    if (answers.length === 0) throw new Error('no server tells of its connections');
    return answers;
  }

  async function askOne(serverId: string, filter: object): Promise<Connz> {
    const message = await sys.nc.request(connzOf(serverId), body(filter), { timeout: REQUEST_TIMEOUT_MS });
    return connzSchema.parse(message.json());
  }

  async function list(filter: object = {}): Promise<LiveConnection[]> {
    const found: LiveConnection[] = [];
    const take = ({ server, data }: Connz): void => {
      for (const { cid, authorized_user } of data.connections)
        found.push({ serverId: server.id, connectionId: String(cid), userId: authorized_user ?? '' });
    };
    for (const first of await askAll(filter)) {
      take(first);
      let page = first;
      for (let offset = PAGE_CONNECTIONS; offset < page.data.total; offset += PAGE_CONNECTIONS) {
        page = await askOne(first.server.id, { ...filter, offset });
        take(page);
      }
    }
    return found;
  }

  async function kick({ serverId, connectionId }: Connection): Promise<void> {
    const cid = Number(connectionId);
    try {
      await sys.nc.request(kickOn(serverId), JSON.stringify({ cid }), { timeout: REQUEST_TIMEOUT_MS });
    } catch (error) {
      // The server's incarnation is over, and the connection with it.
      if (!isNobodyThere(error)) throw error;
    }
  }

  return {
    list: () => list(),
    kick,
    async has({ serverId, connectionId }) {
      const all = await askAll({ cid: Number(connectionId) });
      return all.some(
        ({ server, data }) =>
          server.id === serverId && data.connections.some(({ cid }) => String(cid) === connectionId),
      );
    },
    async kickOthers(userId, keep) {
      const others = (await list({ user: userId })).filter(
        (found) => found.serverId !== keep.serverId || found.connectionId !== keep.connectionId,
      );
      for (const other of others) await kick(other);
      return others.length;
    },
  };
}

const isNobodyThere = (error: unknown): boolean =>
  error instanceof NoRespondersError || (error instanceof RequestError && error.isNoResponders());
