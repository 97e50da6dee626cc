import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { newId } from '@semibot/protocol';
import { afterEach, beforeEach, describe, expect, it, type Mock, vi } from 'vitest';
import { READER_UNSENT_MAX_BYTES, Reader } from './reader.ts';
import { SessionFeed } from './session-feed.ts';
import { createTickWriter } from './tick-writer.ts';

const ids = { userId: newId(), sessionId: newId() };
const feed = new SessionFeed({ ...ids, epoch: 'now' }, 0, {
  check: { payload: () => null },
  ticks: createTickWriter(),
});
const seat = { ...ids, held: { feed: Promise.resolve(feed), open: feed }, expiresAt: 1_000 };

let server: Server;
let near: Socket;
let far: Socket;
let cutOffs: number[];
let onGone: Mock<(reader: Reader) => void>;
let reader: Reader;

beforeEach(async () => {
  cutOffs = [];
  onGone = vi.fn();
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  far = connect((server.address() as AddressInfo).port, '127.0.0.1');
  [near] = await once(server, 'connection');
  near.on('error', () => undefined);
  reader = new Reader(near, seat, { onGone, onCutOff: (_reader, unsentBytes) => cutOffs.push(unsentBytes) });
});
afterEach(async () => {
  far.destroy();
  near.destroy();
  await new Promise((resolve) => server.close(resolve));
});

/** Writes until the system takes no more. */
function fill(): void {
  while (near.writableLength === 0) reader.write(Buffer.alloc(64 * 1024));
}

describe('a reader', () => {
  it('is sent a comment at each heartbeat', async () => {
    reader.beat(1);
    const [bytes] = await once(far, 'data');
    expect(String(bytes)).toBe(':\n\n');
  });

  it('is ended when its token has ended', async () => {
    far.resume();
    reader.beat(1_000);
    await once(far, 'end');
    expect(reader.isGone).toBe(true);
  });

  it('is cut off with too much unsent, and written to no more', () => {
    far.pause();
    while (!reader.isGone) reader.write(Buffer.alloc(64 * 1024));
    expect(cutOffs).toHaveLength(1);
    expect(cutOffs[0]).toBeGreaterThan(READER_UNSENT_MAX_BYTES);
    reader.write(Buffer.from('more'));
    expect(cutOffs).toHaveLength(1);
  });

  it('is cut off when it takes nothing from one heartbeat to the next', () => {
    far.pause();
    fill();
    reader.beat(1);
    expect(reader.isGone).toBe(false);
    reader.beat(2);
    expect(reader.isGone).toBe(true);
    expect(cutOffs).toHaveLength(1);
  });

  it('has room for the next page when it has taken the last, and never again once it has gone', async () => {
    far.pause();
    fill();
    const page = reader.writePage(Buffer.alloc(64 * 1024));
    far.resume();
    await page;
    expect(near.writableNeedDrain).toBe(false);
    far.pause();
    fill();
    const lost = reader.writePage(Buffer.alloc(64 * 1024));
    far.destroy();
    await lost;
    expect(reader.isGone).toBe(true);
    expect(onGone).toHaveBeenCalledTimes(1);
  });
});
