import { type Frame, frameBytes, writeFrame } from './frame.ts';

/** A session's newest events as readers get them, for those who join: bounded in number and in bytes. */
export interface RingLimits {
  maxEvents: number;
  maxBytes: number;
}

/** Memory taken at a time, in bytes; an event that does not fit in has a block of its own. */
const BLOCK_BYTES = 8 * 1024;

/**
 * The events stand one after another in blocks of memory: a few objects in place of thousands, which the garbage
 * collector would visit again and again, and what follows one another goes out as one piece.
 */
export class EventRing {
  readonly #limits: RingLimits;
  // Of each event: its sequence, its block, and from where to where it stands there.
  #sequences: number[] = [];
  #blocks: Buffer[] = [];
  #starts: number[] = [];
  #ends: number[] = [];
  /** Where the ring begins in these lists; what stands before is cut off from time to time. */
  #first = 0;
  #bytes = 0;
  #floor: number;

  /** A ring that is complete after this sequence. */
  constructor(limits: RingLimits, floor: number) {
    this.#limits = limits;
    this.#floor = floor;
  }

  /** Every event after this sequence is in the ring. */
  get floor(): number {
    return this.#floor;
  }

  /** The newest event's sequence. */
  get last(): number {
    return this.#sequences.at(-1) ?? this.#floor;
  }

  /** Takes an event; gives its bytes, which never change. */
  push(sequence: number, frame: Frame): Buffer {
    const { block, start } = this.#room(frameBytes(frame));
    const end = writeFrame(block, start, frame);
    this.#sequences.push(sequence);
    this.#blocks.push(block);
    this.#starts.push(start);
    this.#ends.push(end);
    this.#bytes += end - start;
    const { maxEvents, maxBytes } = this.#limits;
    while (this.#sequences.length - this.#first > maxEvents || this.#bytes > maxBytes) this.#dropOldest();
    if (this.#first > maxEvents) this.#cut();
    return block.subarray(start, end);
  }

  /** What comes after a sequence that is not below the floor, in order, in few pieces. */
  after(sequence: number): Buffer[] {
    const pieces: Buffer[] = [];
    for (let at = this.#firstAfter(sequence); at < this.#sequences.length; ) {
      const block = this.#blocks[at];
      let last = at;
      while (block && this.#blocks[last + 1] === block) last += 1;
      if (block) pieces.push(block.subarray(this.#starts[at], this.#ends[last]));
      at = last + 1;
    }
    return pieces;
  }

  #room(bytes: number): { block: Buffer; start: number } {
    const block = this.#blocks.at(-1);
    const start = this.#ends.at(-1) ?? 0;
    if (block && start + bytes <= block.length) return { block, start };
    return { block: Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, bytes)), start: 0 };
  }

  /** The place of the first event after a sequence. */
  #firstAfter(sequence: number): number {
    let low = this.#first;
    let high = this.#sequences.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sequences[middle] ?? 0) > sequence) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #dropOldest(): void {
    const at = this.#first;
    this.#floor = this.#sequences[at] ?? this.#floor;
    this.#bytes -= (this.#ends[at] ?? 0) - (this.#starts[at] ?? 0);
    this.#first += 1;
  }

  #cut(): void {
    this.#sequences = this.#sequences.slice(this.#first);
    this.#blocks = this.#blocks.slice(this.#first);
    this.#starts = this.#starts.slice(this.#first);
    this.#ends = this.#ends.slice(this.#first);
    this.#first = 0;
  }
}
