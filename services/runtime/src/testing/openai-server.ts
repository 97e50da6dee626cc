import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A chat completion that a client has asked for and that a test answers, byte by byte as OpenAI's API does. */
export interface Completion {
  /** The request's body and its key, as they came over the wire. */
  body: Record<string, unknown>;
  authorization: string | undefined;
  /** Resolves when the client has closed its connection before the answer's end. */
  closed: Promise<void>;
  /** One server-sent event. */
  send(chunk: object): Promise<void>;
  /** A chunk with this in its delta. */
  delta(delta: object): Promise<void>;
  /** The last chunks: why it stops, what it used, `[DONE]`. */
  finish(usage?: { prompt_tokens: number; completion_tokens: number }): Promise<void>;
  /** The end of the answer without its last chunks. */
  end(): void;
  /** Cuts the connection. */
  cut(): void;
  /** An error in place of an answer. */
  refuse(status: number, error: object): void;
}

export interface OpenAiServer extends AsyncDisposable {
  baseUrl: string;
  /** The next request to come, or the oldest that nobody has taken. */
  next(): Promise<Completion>;
}

/** Serves `POST /v1/chat/completions`, and `GET /v1/models` with these, on loopback. */
export async function startOpenAiServer(models: readonly string[] = []): Promise<OpenAiServer> {
  const arrived: Completion[] = [];
  const awaited: ((completion: Completion) => void)[] = [];
  const server = createServer(async (request, response) => {
    if (request.method === 'GET' && request.url === '/v1/models') {
      response.end(JSON.stringify({ object: 'list', data: models.map((id) => ({ id, object: 'model' })) }));
      return;
    }
    const completion = await receive(request, response);
    const waiter = awaited.shift();
    if (waiter) waiter(completion);
    else arrived.push(completion);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    next: () => {
      const completion = arrived.shift();
      return completion ? Promise.resolve(completion) : new Promise((resolve) => awaited.push(resolve));
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function receive(request: IncomingMessage, response: ServerResponse): Promise<Completion> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  if (request.method !== 'POST' || request.url !== '/v1/chat/completions')
    throw new Error(`${request.method} ${request.url} is not served`);
  const body = JSON.parse(text);
  const about = {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: body.model,
  };

  async function write(data: string): Promise<void> {
    if (!response.headersSent)
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache',
      });
    await new Promise<void>((resolve) => response.write(`data: ${data}\n\n`, () => resolve()));
  }
  const send = (chunk: object): Promise<void> => write(JSON.stringify(chunk));
  const choose = (delta: object, finishReason: string | null): Promise<void> =>
    send({ ...about, choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }] });

  return {
    body,
    authorization: request.headers.authorization,
    closed: new Promise((resolve) =>
      response.once('close', () => {
        if (!response.writableFinished) resolve();
      }),
    ),
    send,
    delta: (delta) => choose(delta, null),
    async finish(usage) {
      await choose({}, 'stop');
      if (usage) await send({ ...about, choices: [], usage });
      await write('[DONE]');
      response.end();
    },
    end: () => void response.end(),
    cut: () => response.destroy(),
    refuse(status, error) {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error }));
    },
  };
}
