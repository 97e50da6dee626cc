import type { Socket } from 'node:net';
import { HEARTBEAT } from './frame.ts';

/** Bytes that wait for a reader, beyond what the system buffers, before it is cut off: it comes back with its cursor. */
export const READER_UNSENT_MAX_BYTES = 1024 * 1024;

/** One open stream. Thousands of them are idle at any time, so it is small: a class, and nothing it can do without. */
export class Reader {
  readonly #socket: Socket;
  readonly #expiresAt: number;
  readonly #onCutOff: (unsentBytes: number) => void;
  /** What waited at the last heartbeat. */
  #unsentBytes = 0;
  #isGone = false;

  /**
   * A stream on a connection whose response has begun. `expiresAt` is the end of the reader's token, in milliseconds
   * since 1970: it must show a new one then.
   */
  constructor(
    socket: Socket,
    expiresAt: number,
    onGone: () => void,
    onCutOff: (unsentBytes: number) => void,
  ) {
    this.#socket = socket;
    this.#expiresAt = expiresAt;
    this.#onCutOff = onCutOff;
    socket.once('close', () => {
      this.#isGone = true;
      onGone();
    });
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Sends live events; a reader that cannot keep up is cut off. */
  write(bytes: Uint8Array): void {
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
    if (now >= this.#expiresAt) this.end();
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
    this.#onCutOff(this.#socket.writableLength);
    this.#socket.destroy();
  }
}
