import type { Socket } from 'node:net';
import type { HeldFeed } from './feeds.ts';
import { HEARTBEAT } from './frame.ts';

/** Bytes that wait for a reader, beyond what the system buffers, before it is cut off: it comes back with its cursor. */
export const READER_UNSENT_MAX_BYTES = 1024 * 1024;

/** What a reader holds for as long as its stream is open. */
export interface Seat {
  /** Whose stream it is. */
  userId: string;
  sessionId: string;
  held: HeldFeed;
  /** The end of the reader's token, in milliseconds since 1970: it must show a new one then. */
  expiresAt: number;
}

/** Hears of all readers of a relay. */
export interface ReaderListener {
  /** The connection is closed. Called once for each. */
  onGone(reader: Reader): void;
  /** It could not keep up; its connection is being closed. */
  onCutOff(reader: Reader, unsentBytes: number): void;
}

/** One open stream. Thousands of them are idle at any time: a class, and nothing that it can do without. */
export class Reader {
  readonly seat: Seat;
  readonly #socket: Socket;
  readonly #listener: ReaderListener;
  /** What waited at the last heartbeat. */
  #unsentBytes = 0;
  #isGone = false;

  /** A stream on a connection where nothing but the response's head is still to be written. */
  constructor(socket: Socket, seat: Seat, listener: ReaderListener) {
    this.seat = seat;
    this.#socket = socket;
    this.#listener = listener;
    socket.on('close', () => {
      this.#isGone = true;
      listener.onGone(this);
    });
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Sends live events; a reader that cannot keep up is cut off. */
  write(bytes: Uint8Array | string): void {
    if (this.#isGone) return;
    this.#socket.write(bytes);
    if (this.#socket.writableLength > READER_UNSENT_MAX_BYTES) this.#cutOff();
  }

  /** Sends a page of the past; resolves when the reader has room for the next, or is gone. */
  async writePage(bytes: Uint8Array): Promise<void> {
    if (this.#isGone || this.#socket.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        this.#socket.off('drain', finish).off('close', finish);
        resolve();
      };
      this.#socket.on('drain', finish).on('close', finish);
    });
  }

  /** A comment where nothing waits; a reader that has taken nothing since the last one is cut off. */
  beat(now: number): void {
    if (now >= this.seat.expiresAt) this.end();
    if (this.#isGone) return;
    const unsentBytes = this.#socket.writableLength;
    if (unsentBytes === 0) this.#socket.write(HEARTBEAT);
    else if (unsentBytes === this.#unsentBytes) this.#cutOff();
    this.#unsentBytes = unsentBytes;
  }

  /** Ends the stream in order: the reader comes back with its cursor. */
  end(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#socket.end();
  }

  #cutOff(): void {
    this.#isGone = true;
    this.#listener.onCutOff(this, this.#socket.writableLength);
    this.#socket.destroy();
  }
}
