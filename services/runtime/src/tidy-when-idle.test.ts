import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tidyWhenIdle } from './tidy-when-idle.ts';

describe('the memory of an idle runtime', () => {
  let idleSince = 0;
  let isBusy = false;
  const collect = vi.fn();

  beforeEach(() => {
    vi.useFakeTimers();
    idleSince = Date.now();
    isBusy = false;
    collect.mockClear();
  });
  afterEach(() => vi.useRealTimers());

  const start = () => tidyWhenIdle(() => (isBusy ? 0 : Date.now() - idleSince), collect);
  const run = () => {
    isBusy = true;
    vi.advanceTimersByTime(60_000);
    isBusy = false;
    idleSince = Date.now();
  };

  it('is given back after the start and after runs, once each time', () => {
    start();
    vi.advanceTimersByTime(60_000);
    expect(collect).toHaveBeenCalledTimes(1);
    run();
    vi.advanceTimersByTime(60_000);
    expect(collect).toHaveBeenCalledTimes(2);
  });

  it('is left alone during a run and in the pauses of a conversation', () => {
    start();
    for (let message = 0; message < 5; message += 1) {
      run();
      vi.advanceTimersByTime(4_000);
    }
    expect(collect).not.toHaveBeenCalled();
  });

  it('is left alone when the runtime has closed', () => {
    start().close();
    vi.advanceTimersByTime(60_000);
    expect(collect).not.toHaveBeenCalled();
  });
});
