import { describe, expect, it } from 'vitest';
import { RequestFailure } from '../api/request-failure.ts';
import { type Connection, type Follower, followEvents } from './follow-events.ts';

/** One opened stream, as a test feeds it. */
interface Opened {
  after: string;
  send(id: string, data: string): void;
  raw(text: string): void;
  end(): void;
  breakOff(): void;
}

/** A follower of streams that the test opens or refuses; it never waits between tries. */
function lab() {
  const connections: Connection['name'][] = [];
  const messages: [string, string][] = [];
  const openings: ((answer: RequestFailure | null) => Opened)[] = [];
  let wake: () => void = () => undefined;
  const changed = () => wake();
  let refused: RequestFailure | null = null;

  const follower: Follower = followEvents({
    after: 'e:0',
    open: (after, signal) =>
      new Promise((resolve, reject) => {
        openings.push((failure) => {
          const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
          const writer = writable.getWriter();
          const raw = (text: string) => void writer.write(new TextEncoder().encode(text)).catch(() => null);
          signal.addEventListener('abort', () => void writer.abort().catch(() => null));
          if (failure) reject(failure);
          else resolve(new Response(readable));
          return {
            after,
            raw,
            send: (id, data) => raw(`id: ${id}\ndata: ${data}\n\n`),
            end: () => void writer.close().catch(() => null),
            breakOff: () => void writer.abort(new Error('cut')).catch(() => null),
          };
        });
        changed();
      }),
    onMessage: (data, cursor) => {
      messages.push([cursor, data]);
      changed();
    },
    onConnection: (connection) => {
      connections.push(connection.name);
      if (connection.name === 'reconnecting') setTimeout(() => follower.retryNow());
      changed();
    },
    onRefused: (failure) => {
      refused = failure;
      changed();
    },
  });
  const until = async (met: () => boolean) => {
    while (!met()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const opening = async (failure: RequestFailure | null = null): Promise<Opened> => {
    await until(() => openings.length > 0);
    const answer = openings.shift();
    if (!answer) throw new Error('it was opened');
    return answer(failure);
  };
  return { follower, connections, messages, until, opening, refusal: () => refused };
}

const restarting = new RequestFailure(503, 'SERVICE_UNAVAILABLE', 'restarting');

describe('following a log', () => {
  it('goes on after the last cursor when the stream ends or breaks off', async () => {
    const { follower, messages, until, opening } = lab();
    const first = await opening();
    expect(first.after).toBe('e:0');
    first.send('e:1', 'a');
    first.send('e:2', 'b');
    await until(() => messages.length === 2);
    first.end();
    const second = await opening();
    expect(second.after).toBe('e:2');
    second.send('e:3', 'c');
    await until(() => messages.length === 3);
    second.breakOff();
    expect((await opening()).after).toBe('e:3');
    expect(messages).toEqual([
      ['e:1', 'a'],
      ['e:2', 'b'],
      ['e:3', 'c'],
    ]);
    follower.close();
  });

  it('takes half a message for none: it comes again, whole', async () => {
    const { follower, messages, until, opening } = lab();
    const first = await opening();
    first.send('e:1', 'a');
    first.raw('id: e:2\ndata: hal');
    await until(() => messages.length === 1);
    first.breakOff();
    const second = await opening();
    expect(second.after).toBe('e:1');
    second.send('e:2', 'half');
    await until(() => messages.length === 2);
    expect(messages.at(-1)).toEqual(['e:2', 'half']);
    follower.close();
  });

  it('keeps trying while a part restarts, and says how it is connected', async () => {
    const { follower, connections, until, opening } = lab();
    await opening(restarting);
    await opening(restarting);
    await opening();
    await until(() => connections.at(-1) === 'live');
    expect(connections).toEqual(['connecting', 'reconnecting', 'reconnecting', 'live']);
    follower.close();
  });

  it('ends where trying again is no use, and says why', async () => {
    const { until, opening, refusal } = lab();
    await opening(new RequestFailure(400, 'CURSOR_INVALID', 'no'));
    await until(() => refusal() !== null);
    expect(refusal()?.code).toBe('CURSOR_INVALID');
  });

  it('hands nothing on once it is closed', async () => {
    const { follower, messages, until, opening } = lab();
    const first = await opening();
    first.send('e:1', 'a');
    await until(() => messages.length === 1);
    follower.close();
    first.send('e:2', 'b');
    await new Promise((resolve) => setImmediate(resolve));
    expect(messages).toHaveLength(1);
  });
});
