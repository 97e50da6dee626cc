import { newId, traceFrom } from '@semibot/protocol';
import { describe, expect, it } from 'vitest';
import { createCommandSequence, type Order } from './command-sequence.ts';

const order = (number: number): Order => ({
  command: { type: 'cancel', number, bootId: 'boot', sessionId: newId(), runId: newId() },
  trace: traceFrom(),
});
const orders = (...numbers: number[]): Order[] => numbers.map(order);
const numbersOf = (due: Order[]): number[] => due.map(({ command }) => command.number);

describe("a user's commands", () => {
  it('come out as they come in while no number is missing', () => {
    const sequence = createCommandSequence(7);
    expect(numbersOf(sequence.take(order(8)))).toEqual([8]);
    expect(numbersOf(sequence.take(order(9)))).toEqual([9]);
    expect([sequence.last, sequence.highest]).toEqual([9, 9]);
  });

  it('come out once, however often they come in', () => {
    const sequence = createCommandSequence(0);
    sequence.take(order(1));
    expect(sequence.take(order(1))).toEqual([]);
    expect(sequence.settle(orders(1), 1)).toEqual([]);
  });

  it('wait behind a gap until what is missing comes', () => {
    const sequence = createCommandSequence(0);
    expect(sequence.take(order(3))).toEqual([]);
    expect(sequence.take(order(2))).toEqual([]);
    expect([sequence.last, sequence.highest]).toEqual([0, 3]);
    expect(numbersOf(sequence.take(order(1)))).toEqual([1, 2, 3]);
  });

  it('are put in order with those that were asked for', () => {
    const sequence = createCommandSequence(0);
    sequence.take(order(2));
    sequence.take(order(5));
    expect(numbersOf(sequence.settle(orders(1, 3, 4), 4))).toEqual([1, 2, 3, 4, 5]);
  });

  it('pass over numbers that were given to somebody else', () => {
    const sequence = createCommandSequence(3);
    sequence.take(order(6));
    expect(numbersOf(sequence.settle([], 6))).toEqual([6]);
    expect(numbersOf(sequence.take(order(7)))).toEqual([7]);
  });

  it('wait on behind a gap that was not settled', () => {
    const sequence = createCommandSequence(0);
    sequence.take(order(2));
    sequence.take(order(9));
    expect(numbersOf(sequence.settle([], 2))).toEqual([2]);
    expect([sequence.last, sequence.highest]).toEqual([2, 9]);
  });

  it('go straight on after what was settled', () => {
    const sequence = createCommandSequence(0);
    sequence.take(order(5));
    sequence.take(order(6));
    expect(numbersOf(sequence.settle([], 4))).toEqual([5, 6]);
  });
});
