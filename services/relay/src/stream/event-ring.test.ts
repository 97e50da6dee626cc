import { describe, expect, it } from 'vitest';
import { EventRing } from './event-ring.ts';
import { type Frame, frameBytes } from './frame.ts';

const frame = (text: string): Frame => ({ head: '', payload: Buffer.from(text) });
const BYTES_OF_ONE = frameBytes(frame('x'));
const texts = (pieces: Buffer[]): string[] => Buffer.concat(pieces).toString().split('\n\n').slice(0, -1);

describe('the ring', () => {
  it('gives what comes after a sequence', () => {
    const ring = new EventRing({ maxEvents: 10, maxBytes: 1_000 }, 5);
    expect(ring.after(5)).toEqual([]);
    const bytes = [7, 9, 12].map((sequence) => ring.push(sequence, frame(`${sequence}`)));
    expect(bytes.map(String)).toEqual(['7\n\n', '9\n\n', '12\n\n']);
    expect(ring.floor).toBe(5);
    expect(ring.last).toBe(12);
    expect(texts(ring.after(5))).toEqual(['7', '9', '12']);
    expect(texts(ring.after(8))).toEqual(['9', '12']);
    expect(texts(ring.after(9))).toEqual(['12']);
    expect(texts(ring.after(12))).toEqual([]);
  });

  it('gives much in few pieces, over all its blocks', () => {
    const ring = new EventRing({ maxEvents: 1_000, maxBytes: 1_000_000 }, 0);
    const long = 'x'.repeat(20_000);
    const all = Array.from({ length: 900 }, (_, at) => (at === 450 ? long : `event ${at + 1}`));
    for (const [at, text] of all.entries()) ring.push(at + 1, frame(text));
    expect(texts(ring.after(0))).toEqual(all);
    expect(texts(ring.after(444))).toEqual(all.slice(444));
    expect(ring.after(0).length).toBeLessThan(10);
  });

  it('forgets the oldest beyond its number of events, and says so by its floor', () => {
    const ring = new EventRing({ maxEvents: 3, maxBytes: 1_000 }, 0);
    for (let sequence = 1; sequence <= 100; sequence += 1) {
      ring.push(sequence, frame(`${sequence}`));
      expect(ring.floor).toBe(Math.max(0, sequence - 3));
    }
    expect(texts(ring.after(97))).toEqual(['98', '99', '100']);
  });

  it('forgets the oldest beyond its bytes, even the only one', () => {
    const ring = new EventRing({ maxEvents: 100, maxBytes: 2 * BYTES_OF_ONE }, 0);
    ring.push(1, frame('a'));
    ring.push(2, frame('b'));
    expect(texts(ring.after(0))).toEqual(['a', 'b']);
    ring.push(3, frame('c'));
    expect(ring.floor).toBe(1);
    ring.push(4, frame('too long for it'));
    expect(ring.floor).toBe(4);
    expect(ring.after(4)).toEqual([]);
  });

  it('never changes bytes that it has given', () => {
    const ring = new EventRing({ maxEvents: 2, maxBytes: 1_000_000 }, 0);
    const given = Array.from({ length: 3_000 }, (_, at) => ring.push(at + 1, frame(`event ${at + 1}`)));
    expect(given.map(String)).toEqual(given.map((_, at) => `event ${at + 1}\n\n`));
  });
});
