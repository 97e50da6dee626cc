import { describe, expect, it } from 'vitest';
import { EventRing } from './event-ring.ts';

const frame = (text: string): Buffer => Buffer.from(text);
const texts = (frames: Buffer[]): string[] => frames.map(String);

describe('the ring', () => {
  it('gives what comes after a sequence', () => {
    const ring = new EventRing({ maxEvents: 10, maxBytes: 1_000 }, 5);
    for (const sequence of [7, 9, 12]) ring.push(sequence, frame(`${sequence}`));
    expect(ring.floor).toBe(5);
    expect(texts(ring.after(5))).toEqual(['7', '9', '12']);
    expect(texts(ring.after(8))).toEqual(['9', '12']);
    expect(texts(ring.after(9))).toEqual(['12']);
    expect(texts(ring.after(12))).toEqual([]);
  });

  it('forgets the oldest beyond its number of events, and says so by its floor', () => {
    const ring = new EventRing({ maxEvents: 3, maxBytes: 1_000 }, 0);
    for (let sequence = 1; sequence <= 100; sequence += 1) ring.push(sequence, frame(`${sequence}`));
    expect(ring.floor).toBe(97);
    expect(texts(ring.after(97))).toEqual(['98', '99', '100']);
  });

  it('forgets the oldest beyond its bytes, even the only one', () => {
    const ring = new EventRing({ maxEvents: 100, maxBytes: 10 }, 0);
    ring.push(1, frame('aaaaaa'));
    ring.push(2, frame('bbbb'));
    expect(texts(ring.after(0))).toEqual(['aaaaaa', 'bbbb']);
    ring.push(3, frame('c'));
    expect(ring.floor).toBe(1);
    ring.push(4, frame('too long for it'));
    expect(ring.floor).toBe(4);
    expect(ring.after(4)).toEqual([]);
  });

  it('is complete after its last event when it was cleared', () => {
    const ring = new EventRing({ maxEvents: 3, maxBytes: 1_000 }, 0);
    for (const sequence of [4, 8]) ring.push(sequence, frame('x'));
    ring.clear();
    expect(ring.floor).toBe(8);
    ring.push(9, frame('y'));
    expect(texts(ring.after(8))).toEqual(['y']);
  });
});
