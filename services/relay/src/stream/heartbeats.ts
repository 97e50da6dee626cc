import { limits } from '@semibot/protocol';
import type { Reader } from './reader.ts';

/** All open streams of the relay, each sent a comment at every interval, a part of them every second. */
export interface Heartbeats {
  add(reader: Reader): void;
  remove(reader: Reader): void;
  readers(): Iterable<Reader>;
  /** To be called every second. */
  beat(now: number): void;
}

const SLOTS = limits.SSE_HEARTBEAT_INTERVAL_MS / 1_000;

export function createHeartbeats(): Heartbeats {
  const slots = Array.from({ length: SLOTS }, () => new Set<Reader>());
  let next = 0;
  let turn = 0;
  return {
    add(reader) {
      next = (next + 1) % SLOTS;
      slots[next]?.add(reader);
    },
    remove(reader) {
      for (const slot of slots) slot.delete(reader);
    },
    readers: () => slots.flatMap((slot) => [...slot]),
    beat(now) {
      turn = (turn + 1) % SLOTS;
      for (const reader of slots[turn] ?? []) reader.beat(now);
    },
  };
}
