import { type SessionEvent, sessionEventSchema } from '@semibot/protocol';
import { createParser } from 'eventsource-parser';

/** One event as it came. */
export interface Received {
  /** The cursor. */
  id: string;
  data: { type: string } & Record<string, unknown>;
}

/** Reads one event stream as a browser does, and keeps what it was given. */
export class SseReader {
  readonly received: Received[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #abort = new AbortController();
  #response: Response | undefined;
  #hasEnded = false;

  /** Resolves when the answer has begun, whatever it is. */
  async open(url: string, headers: Record<string, string>): Promise<this> {
    this.#response = await fetch(url, { headers, signal: this.#abort.signal });
    if (this.#response.ok) void this.#read(this.#response);
    return this;
  }

  get response(): Response {
    if (!this.#response) throw new Error('not open');
    return this.#response;
  }

  get lastId(): string {
    return this.received.at(-1)?.id ?? '';
  }

  get sequences(): number[] {
    return this.received.map(({ id }) => Number(id.split(':')[1]));
  }

  /** The session's own events, checked. */
  get events(): SessionEvent[] {
    return this.received.map(({ data }) => sessionEventSchema.parse(data));
  }

  /** What the text chunks say. */
  get text(): string {
    return this.events.map((event) => (event.type === 'text_chunk' ? event.text : '')).join('');
  }

  /** Resolves when this holds; checked whenever something comes or the stream ends. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  untilText = (text: string): Promise<void> => this.until(() => this.text.endsWith(text));
  untilEnd = (): Promise<void> => this.until(() => this.#hasEnded);

  close(): void {
    this.#abort.abort();
  }

  async #read(response: Response): Promise<void> {
    const parser = createParser({
      onEvent: ({ id = '', data }) => {
        this.received.push({ id, data: JSON.parse(data) });
      },
    });
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body ?? []) {
        parser.feed(decoder.decode(chunk, { stream: true }));
        this.#wake();
      }
    } catch {
      // Cut: the same as an end to a reader that comes back.
    }
    this.#hasEnded = true;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
