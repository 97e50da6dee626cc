import { type Message, newId, type Resync, type SessionEvent } from '@semibot/protocol';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RequestFailure } from '../api/request-failure.ts';
import { sampleSession } from '../fold/sample-session.ts';
import { segmentsText } from '../fold/segments.ts';
import { sessionEntries } from '../fold/session-entries.ts';
import { createSessionLog, type SessionLog } from './session-log.ts';

interface History {
  messages: Message[];
  cursor: string;
}

/** A log whose history and streams the test gives, one after the other; the last of each stays. */
function lab(histories: History[], streams: ((SessionEvent | Resync | string)[] | RequestFailure)[]) {
  const followed: string[] = [];
  const refusals: RequestFailure[] = [];
  let wake: () => void = () => undefined;
  const changed = () => wake();
  let history: History = { messages: [], cursor: 'e:0' };
  const log: SessionLog = createSessionLog({
    api: {
      history: async () => {
        history = histories.shift() ?? history;
        return { ...history, totalPages: 1 };
      },
      events: async (after) => {
        followed.push(after);
        const lines = streams.shift() ?? [];
        if (lines instanceof RequestFailure) throw lines;
        const text = lines.map((line, at) => {
          const data = typeof line === 'string' ? line : JSON.stringify(line);
          return `id: e:${100 * followed.length + at}\ndata: ${data}\n\n`;
        });
        // It stays open after what it has to say.
        const body = new ReadableStream({
          start: (controller) => controller.enqueue(new TextEncoder().encode(text.join(''))),
        });
        return new Response(body);
      },
      run: async () => Promise.reject(new RequestFailure(404, 'NOT_FOUND', 'no')),
      post: async () => ({ messageId: newId() }),
      cancel: async () => Promise.reject(new RequestFailure(404, 'NOT_FOUND', 'no')),
    },
    onChange: changed,
    onEvent: changed,
    onConnection: changed,
    onRefused: (failure) => {
      refusals.push(failure);
      changed();
    },
  });
  const shown = () =>
    (log.fold ? sessionEntries(log.fold) : []).map((entry) =>
      entry.kind === 'user' ? `> ${entry.message.text}` : segmentsText(entry.answer.segments),
    );
  const until = async (met: () => boolean) => {
    while (!met()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { log, followed, refusals, shown, until };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a session's log", () => {
  it('is followed from the position that the history covers', async () => {
    const run = sampleSession().run();
    const { log, followed, shown, until } = lab(
      [{ messages: [run.saved('user', 'hi')], cursor: 'e:7' }],
      [[run.next({ type: 'text_chunk', text: 'hello' })]],
    );
    log.start();
    await until(() => shown().includes('hello'));
    expect(followed).toEqual(['e:7']);
    expect(shown()).toEqual(['> hi', 'hello']);
    log.close();
  });

  it('is begun anew from a fresh history when the relay says that the position is too old', async () => {
    const { sessionId, run: newRun } = sampleSession();
    const [old, active] = [newRun(), newRun()];
    const resync: Resync = { type: 'resync', sessionId, time: new Date(0).toISOString(), cursor: 'e:50' };
    const { log, followed, shown, until } = lab(
      [
        { messages: [], cursor: 'e:1' },
        { messages: [old.saved('user', 'a'), old.saved('assistant', 'A')], cursor: 'e:50' },
      ],
      [[resync], [active.next(active.asked('b')), active.next({ type: 'text_chunk', text: 'B' })]],
    );
    log.start();
    await until(() => shown().includes('B'));
    expect(followed).toEqual(['e:1', 'e:50']);
    expect(shown()).toEqual(['> a', 'A', '> b', 'B']);
    log.close();
  });

  it('is begun anew when its cursor is refused', async () => {
    const run = sampleSession().run();
    const { log, followed, shown, until } = lab(
      [
        { messages: [], cursor: 'x:1' },
        { messages: [run.saved('user', 'hi')], cursor: 'e:1' },
      ],
      [new RequestFailure(400, 'CURSOR_INVALID', 'no'), [run.next({ type: 'text_chunk', text: 'hello' })]],
    );
    log.start();
    await until(() => shown().includes('hello'));
    expect(followed).toEqual(['x:1', 'e:1']);
    log.close();
  });

  it('goes on over events that cannot be read or are not known, with a warning', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const run = sampleSession().run();
    const { log, shown, until } = lab(
      [{ messages: [run.saved('user', 'hi')], cursor: 'e:1' }],
      [['{', '{"type":"from_the_future"}', run.next({ type: 'text_chunk', text: 'hello' })]],
    );
    log.start();
    await until(() => shown().includes('hello'));
    expect(warn).toHaveBeenCalledTimes(2);
    log.close();
  });

  it('reads the saved answer of a run that it saw in part only', async () => {
    const run = sampleSession().run();
    const asked = run.saved('user', 'hi');
    run.skip(4);
    const { log, shown, until } = lab(
      [
        { messages: [asked], cursor: 'e:1' },
        { messages: [asked, run.saved('assistant', 'all of it')], cursor: 'e:9' },
      ],
      [
        [
          run.next({ type: 'text_chunk', text: 'of it' }),
          run.next({ type: 'execution_complete', messageId: newId() }),
        ],
      ],
    );
    log.start();
    await until(() => shown().includes('all of it'));
    expect(shown()).toEqual(['> hi', 'all of it']);
    log.close();
  });

  it('says why a session is not shown', async () => {
    const { log, refusals, until } = lab(
      [{ messages: [], cursor: 'e:1' }],
      [new RequestFailure(404, 'NOT_FOUND', 'no')],
    );
    log.start();
    await until(() => refusals.length > 0);
    expect(refusals[0]?.status).toBe(404);
    log.close();
  });
});
