import { setTimeout as sleep } from 'node:timers/promises';
import { connectBus, createAppender } from '@semibot/bus';
import { inboxPrefix, newId, SemibotError } from '@semibot/protocol';
import { WebSocket } from 'ws';
import type { BenchSession } from './identity.ts';

/** A way for a session's tokens to leave the runtime. */
export interface Outlet {
  /** Where a session's tokens go; those of one session in order. */
  open(session: Pick<BenchSession, 'userId' | 'sessionId'>): {
    send(text: string): void;
    flush(): Promise<void>;
  };
}

const silent = { info() {}, warn() {}, error() {} };

/** This system's: appended to the session's log, each acknowledged before the next. */
export async function busOutlet(servers: string, nkeySeed: string): Promise<Outlet> {
  const bus = await connectBus({
    servers,
    name: 'bench-producer',
    inboxPrefix: inboxPrefix('chat'),
    nkeySeed,
    logger: silent,
  });
  const appender = createAppender(bus);
  return {
    open({ userId, sessionId }) {
      const writer = appender.openWriter({
        userId,
        sessionId,
        runId: newId(),
        generation: 1,
        idPrefix: newId(),
        position: { sequence: 0, nextIndex: 0 },
        readTail: () => Promise.reject(new SemibotError('RUN_STALE')),
        trace: { requestId: newId(), traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01` },
      });
      return {
        send: (text) => writer.append({ type: 'text_chunk', text }),
        flush: () => writer.flush(),
      };
    },
  };
}

const RECONNECT_DELAY_MS = 50;

/** The baseline's: one WebSocket to the relay; what is sent while it is away is lost. */
export async function socketOutlet(url: string): Promise<Outlet> {
  let socket: WebSocket | null = null;
  const connect = (): Promise<void> =>
    new Promise((resolve) => {
      const next = new WebSocket(url);
      next.on('open', () => {
        socket = next;
        resolve();
      });
      next.on('error', () => undefined);
      next.on('close', () => {
        socket = null;
        void sleep(RECONNECT_DELAY_MS).then(connect).then(resolve);
      });
    });
  await connect();
  return {
    open({ sessionId }) {
      const runId = newId();
      let index = 0;
      return {
        send(text) {
          const event = { type: 'text_chunk', sessionId, runId, index, time: new Date().toISOString(), text };
          index += 1;
          socket?.send(JSON.stringify(event));
        },
        flush: async () => undefined,
      };
    },
  };
}
