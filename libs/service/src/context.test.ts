import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { contextFields, currentContext, runInContext } from './context.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('the context of work', () => {
  it('is there after an await, and apart from that of work beside it', async () => {
    const seen = await Promise.all(
      ['one', 'two'].map((requestId) =>
        runInContext({ requestId, traceparent }, async () => {
          await setImmediate();
          return currentContext()?.requestId;
        }),
      ),
    );
    expect(seen).toEqual(['one', 'two']);
  });

  it('ends with the work', () => {
    expect(runInContext({ requestId: 'one', traceparent }, currentContext)).toBeDefined();
    expect(currentContext()).toBeUndefined();
    expect(contextFields()).toEqual({});
  });

  it('is told in a log line with its trace id', () => {
    expect(runInContext({ requestId: 'one', traceparent, runId: 'run' }, contextFields)).toEqual({
      requestId: 'one',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      runId: 'run',
    });
  });
});
