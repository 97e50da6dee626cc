import { createReplayer, followLog } from '@semibot/bus';
import { eventMessage, isTerminal, type SessionEvent } from '@semibot/protocol';
import type { ChatLab } from './chat-lab.ts';

/** Reads a session's log from its beginning, as a relay does. */
export interface SessionReader {
  readonly events: SessionEvent[];
  /** Resolves with the first event, past or to come, that is as asked. */
  until(wanted: (event: SessionEvent) => boolean): Promise<SessionEvent>;
  untilEnd(runId: string): Promise<SessionEvent>;
  eventsOf(runId: string): SessionEvent[];
}

export async function readSession(lab: ChatLab, userId: string, sessionId: string): Promise<SessionReader> {
  const events: SessionEvent[] = [];
  const waiting: { wanted(event: SessionEvent): boolean; resolve(event: SessionEvent): void }[] = [];
  await followLog(lab.relay, createReplayer(lab.relay), { userId, sessionId, after: 0 }, (entries) => {
    for (const { data } of entries) {
      const event = eventMessage.decode(data);
      events.push(event);
      for (const one of waiting) if (one.wanted(event)) one.resolve(event);
    }
  });
  const until = (wanted: (event: SessionEvent) => boolean): Promise<SessionEvent> => {
    const found = events.find(wanted);
    return found ? Promise.resolve(found) : new Promise((resolve) => waiting.push({ wanted, resolve }));
  };
  return {
    events,
    until,
    untilEnd: (runId) => until((event) => event.runId === runId && isTerminal(event)),
    eventsOf: (runId) => events.filter((event) => event.runId === runId),
  };
}
