import { setTimeout as delay } from 'node:timers/promises';
import { isTerminal, type SessionEvent, sessionEventSchema } from '@semibot/protocol';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { Client } from './client.ts';

/** An event as it came, with its log id. */
export interface Received {
  id: string;
  event: SessionEvent;
  /** When it came, in milliseconds of this process's clock. */
  at: number;
}

interface Waiting {
  wanted(received: Received): boolean;
  resolve(received: Received): void;
}

const RECONNECT_MS = 100;

/**
 * Follows a session as an open tab does: whatever breaks, it comes back with the id of the last event that it saw.
 * It keeps everything that it was given, in order.
 */
export class Tab {
  readonly received: Received[] = [];
  private readonly client: Client;
  private readonly sessionId: string;
  private readonly closing = new AbortController();
  private readonly waiting = new Set<Waiting>();
  private after: string;

  constructor(client: Client, sessionId: string, after = '0') {
    this.client = client;
    this.sessionId = sessionId;
    this.after = after;
    void this.follow();
  }

  private async follow(): Promise<void> {
    while (!this.closing.signal.aborted) {
      await this.read().catch(() => undefined);
      await delay(RECONNECT_MS, undefined, { signal: this.closing.signal }).catch(() => undefined);
    }
  }

  private async read(): Promise<void> {
    const path = `/api/v1/sessions/${this.sessionId}/events?after=${encodeURIComponent(this.after)}`;
    const response = await fetch(`${this.client.url}${path}`, {
      headers: { authorization: `Bearer ${this.client.token}` },
      signal: this.closing.signal,
    });
    if (!response.ok || !response.body) return;
    const messages = response.body
      .pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
      .pipeThrough(new EventSourceParserStream());
    for await (const message of messages) {
      const event = sessionEventSchema.parse(JSON.parse(message.data));
      this.take({ id: `${message.id}`, event, at: performance.now() });
    }
  }

  private take(received: Received): void {
    this.received.push(received);
    this.after = received.id;
    for (const one of this.waiting)
      if (one.wanted(received)) {
        this.waiting.delete(one);
        one.resolve(received);
      }
  }

  /** The first event, past or to come, that is as asked. */
  until(wanted: (received: Received) => boolean): Promise<Received> {
    const found = this.received.find(wanted);
    return found ? Promise.resolve(found) : this.next(wanted);
  }

  /** The next event to come that is as asked. */
  next(wanted: (received: Received) => boolean = () => true): Promise<Received> {
    return new Promise((resolve) => this.waiting.add({ wanted, resolve }));
  }

  /** The run's text has come as far as this number. */
  untilCounted(runId: string, number: number): Promise<Received> {
    return this.until(
      ({ event }) =>
        event.runId === runId &&
        event.type === 'text_chunk' &&
        event.text.split(' ').some((word) => Number(word) >= number),
    );
  }

  untilEnd(runId: string): Promise<Received> {
    return this.until(({ event }) => event.runId === runId && isTerminal(event));
  }

  eventsOf(runId: string): SessionEvent[] {
    return this.received.filter(({ event }) => event.runId === runId).map(({ event }) => event);
  }

  close(): void {
    this.closing.abort();
  }
}
