/** A session's newest events as readers get them, for those who join: bounded in number and in bytes. */
export interface RingLimits {
  maxEvents: number;
  maxBytes: number;
}

export class EventRing {
  readonly #limits: RingLimits;
  #sequences: number[] = [];
  #frames: Buffer[] = [];
  /** Where the ring begins in the two lists; what stands before is cut off from time to time. */
  #start = 0;
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

  push(sequence: number, frame: Buffer): void {
    this.#sequences.push(sequence);
    this.#frames.push(frame);
    this.#bytes += frame.length;
    const { maxEvents, maxBytes } = this.#limits;
    while (this.#sequences.length - this.#start > maxEvents || this.#bytes > maxBytes) this.#dropOldest();
    // Cut off rarely, so that a push stays cheap.
    if (this.#start > maxEvents) this.#cut();
  }

  /** The frames after a sequence that is not below the floor, oldest first. */
  after(sequence: number): Buffer[] {
    let low = this.#start;
    let high = this.#sequences.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sequences[middle] ?? 0) > sequence) high = middle;
      else low = middle + 1;
    }
    return this.#frames.slice(low);
  }

  /** Forgets all events: the ring is complete after `floor`, which is the newest one's sequence. */
  clear(): void {
    this.#floor = this.#sequences.at(-1) ?? this.#floor;
    this.#sequences = [];
    this.#frames = [];
    this.#start = 0;
    this.#bytes = 0;
  }

  #dropOldest(): void {
    this.#floor = this.#sequences[this.#start] ?? this.#floor;
    this.#bytes -= this.#frames[this.#start]?.length ?? 0;
    this.#start += 1;
  }

  #cut(): void {
    this.#sequences = this.#sequences.slice(this.#start);
    this.#frames = this.#frames.slice(this.#start);
    this.#start = 0;
  }
}
