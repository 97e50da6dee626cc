import { describe, expect, it } from 'vitest';
import { runInContext } from './context.ts';
import { createLogger, type Logger } from './logger.ts';

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function logged(write: (logger: Logger) => void, level?: string): Record<string, unknown>[] {
  const lines: string[] = [];
  const options = { service: 'chat', ...(level === undefined ? {} : { level }) };
  write(createLogger(options, { write: (line) => lines.push(line) }));
  return lines.map((line) => JSON.parse(line));
}

describe('the logger', () => {
  it('writes a line of JSON with service, level, time and message', () => {
    const [line] = logged((logger) => logger.warn({ count: 2 }, 'odd'));
    expect(line).toEqual({
      service: 'chat',
      level: 'warn',
      time: expect.stringMatching(ISO_TIME),
      msg: 'odd',
      count: 2,
    });
  });

  it('adds the ids of the work being done', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const context = { requestId: 'r1', traceparent, userId: 'u', sessionId: 's', runId: 'n' };
    const [line] = logged((logger) => runInContext(context, () => logger.info('done')));
    const { traceparent: _, ...ids } = context;
    expect(line).toMatchObject({ ...ids, traceId: '0af7651916cd43dd8448eb211c80319c' });
  });

  it('leaves out what is below its level', () => {
    expect(logged((logger) => logger.info('quiet'), 'error')).toEqual([]);
  });

  it('hides secrets by name at any depth, in headers and in environments', () => {
    const [line] = logged((logger) =>
      logger.info({
        password: 'p1',
        headers: { Authorization: 'p2', 'set-cookie': ['p3'], accept: 'text/html' },
        calls: [{ body: { refreshToken: 'p4' } }],
        env: { NATS_NKEY_SEED: 'p5', OPENAI_API_KEY: 'p6', VM_TICKET: 'p7' },
        tokensIn: 12,
      }),
    );
    expect(JSON.stringify(line)).not.toMatch(/p[1-7]/);
    expect(line).toMatchObject({ headers: { accept: 'text/html' }, tokensIn: 12 });
  });

  it("hides secrets in an error's fields and causes, and keeps its message and stack", () => {
    const cause = Object.assign(new Error('refused'), { request: { headers: { cookie: 'p1' } } });
    const error = new Error('no answer', { cause });
    const [line] = logged((logger) => logger.error({ err: error }, 'failed'));
    expect(JSON.stringify(line)).not.toContain('p1');
    expect(line).toMatchObject({ err: { type: 'Error', message: expect.stringContaining('no answer') } });
    expect(JSON.stringify(line)).toContain('logger.test.ts');
  });

  it("hides secrets in a child logger's own fields", () => {
    const [line] = logged((logger) => logger.child({ apiKey: 'p1', part: 'bus' }).info('hello'));
    expect(line).toMatchObject({ apiKey: '[redacted]', part: 'bus' });
  });
});
