import { type EventBody, type Message, newId, type SessionEvent } from '@semibot/protocol';

/** Makes the events and the saved messages of one session, for tests of its folds. */
export function sampleSession() {
  const sessionId = newId();
  const time = new Date(0).toISOString();

  /** A run whose events are numbered as they are made. */
  const run = () => {
    const runId = newId();
    let index = 0;
    return {
      runId,
      next: (body: EventBody): SessionEvent => ({ ...body, sessionId, runId, index: index++, time }),
      skip: (events: number) => {
        index += events;
      },
      asked: (text: string, messageId = newId()): EventBody => ({
        type: 'user_message',
        messageId,
        parentMessageId: null,
        text,
        mode: 'queue',
      }),
      saved: (role: Message['role'], text: string, status: Message['status'] = 'complete'): Message => ({
        id: newId(),
        sessionId,
        parentId: null,
        runId,
        role,
        text,
        status,
        createdAt: time,
      }),
    };
  };
  return { sessionId, run };
}
