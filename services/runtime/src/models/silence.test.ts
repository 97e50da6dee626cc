import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type SilenceWatch, watchSilence } from './silence.ts';

describe("the watch over a model's silence", () => {
  let watch: SilenceWatch;
  beforeEach(() => {
    vi.useFakeTimers();
    watch = watchSilence(1_000);
  });
  afterEach(() => {
    watch[Symbol.dispose]();
    vi.useRealTimers();
  });

  it('ends a wait that is too long, and no shorter one', () => {
    watch.waiting();
    vi.advanceTimersByTime(999);
    expect(watch.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(watch.signal.aborted).toBe(true);
  });

  it('begins anew with each word', () => {
    for (let word = 0; word < 5; word += 1) {
      watch.waiting();
      vi.advanceTimersByTime(900);
      watch.heard();
    }
    expect(watch.signal.aborted).toBe(false);
    watch.waiting();
    vi.advanceTimersByTime(1_000);
    expect(watch.signal.aborted).toBe(true);
  });

  it("does not count our own time for the model's", () => {
    watch.waiting();
    watch.heard();
    vi.advanceTimersByTime(60_000);
    expect(watch.signal.aborted).toBe(false);
  });

  it('has one timer, and none once it is over', () => {
    for (let word = 0; word < 100; word += 1) {
      watch.waiting();
      watch.heard();
    }
    expect(vi.getTimerCount()).toBe(1);
    watch[Symbol.dispose]();
    expect(vi.getTimerCount()).toBe(0);
  });
});
