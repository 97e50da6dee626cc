import { connect, type Socket } from 'node:net';

/** Which stream is read, and from where. */
export interface StreamTarget {
  port: number;
  sessionId: string;
  token: string;
  /** The query's cursor. */
  after?: string | undefined;
  /** The header's cursor. */
  lastId?: string | undefined;
}

/** One for all streams of the process: what is in it is read before the next comes. */
const received = Buffer.allocUnsafe(256 * 1024);

/** A browser's event stream, read with as little work as can be, so that the reading does not disturb what is measured. */
export class SseConnection {
  /** Resolves with the answer's status when it has begun, 0 where it never did. */
  readonly opened: Promise<number>;
  readonly #onData: (line: string) => void;
  readonly #socket: Socket;
  #lastId: string;
  #rest = '';
  #status = 0;

  constructor(target: StreamTarget, onData: (line: string) => void, onEnd: () => void) {
    this.#onData = onData;
    this.#lastId = target.lastId ?? '';
    const { promise, resolve } = Promise.withResolvers<number>();
    this.opened = promise;
    this.#socket = connect({
      port: target.port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: received,
        callback: (bytes) => {
          this.#read(received.toString('latin1', 0, bytes));
          resolve(this.#status);
          return true;
        },
      },
    });
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      resolve(this.#status);
      onEnd();
    });
    this.#socket.write(requestFor(target));
  }

  /** The last event's id. */
  get lastId(): string {
    return this.#lastId;
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Lines are enough: the framing of chunks stands in lines of its own. */
  #read(chunk: string): void {
    const text = this.#rest + chunk;
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      if (text.startsWith('data: ', start)) this.#onData(text.slice(start, end));
      else if (text.startsWith('id: ', start)) this.#lastId = text.slice(start + 4, end);
      else if (this.#status === 0) this.#status = Number(text.slice(start, end).split(' ')[1]);
      start = end + 1;
    }
    this.#rest = text.slice(start);
  }
}

/** As a browser's fetch sends it. */
function requestFor({ port, sessionId, token, after, lastId }: StreamTarget): string {
  const query = after === undefined ? '' : `?after=${after}`;
  return [
    `GET /api/v1/sessions/${sessionId}/events${query} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: keep-alive',
    'Accept: text/event-stream',
    `Authorization: Bearer ${token}`,
    ...(lastId ? [`Last-Event-ID: ${lastId}`] : []),
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
    'Accept-Language: en-US,en;q=0.9',
    'Accept-Encoding: gzip, deflate, br',
    'Cache-Control: no-cache',
    'Sec-Fetch-Site: same-origin',
    'Sec-Fetch-Mode: cors',
    'Sec-Fetch-Dest: empty',
    '\r\n',
  ].join('\r\n');
}
