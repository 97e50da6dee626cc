import type { ServerResponse } from 'node:http';
import type { ApiObject, Resource } from './api-object.ts';
import { ApiStatus } from './api-status.ts';
import type { ObjectStore, StoreEvent } from './object-store.ts';

/** What a watch asks for. */
export interface WatchRequest {
  resource: Resource;
  /** Which objects it wants to hear of. */
  wants: (object: ApiObject) => boolean;
  /** After which change it begins; null: with what there is. */
  after: number | null;
  timeoutSeconds: number;
  bookmarks: boolean;
}

/** The streams of changes: a line of JSON each. */
export interface WatchStreams {
  /** How many are open. */
  readonly open: number;
  serve(request: WatchRequest, response: ServerResponse): void;
  /** Breaks all of them in the middle of a line. */
  cut(): void;
}

export function createWatchStreams(store: ObjectStore): WatchStreams {
  const responses = new Set<ServerResponse>();

  function serve(
    { resource, wants, after, timeoutSeconds, bookmarks }: WatchRequest,
    response: ServerResponse,
  ) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const write = (type: string, object: object): void =>
      void response.write(`${JSON.stringify({ type, object })}\n`);
    const tell = (event: StoreEvent): void => {
      if (event.resource === resource && wants(event.object)) write(event.type, event.object);
    };
    try {
      if (after === null)
        for (const object of store.list(resource)) if (wants(object)) write('ADDED', object);
      for (const event of after === null ? [] : store.since(after)) tell(event);
    } catch (error) {
      if (!(error instanceof ApiStatus)) throw error;
      write('ERROR', error.body());
      response.end();
      return;
    }
    responses.add(response);
    const unlisten = store.listen(tell);
    const timeout = setTimeout(() => {
      const { apiVersion, kind } = resource;
      if (bookmarks)
        write('BOOKMARK', { apiVersion, kind, metadata: { resourceVersion: String(store.version) } });
      response.end();
    }, timeoutSeconds * 1000);
    response.once('close', () => {
      unlisten();
      clearTimeout(timeout);
      responses.delete(response);
    });
  }

  return {
    get open() {
      return responses.size;
    },
    serve,
    cut() {
      for (const response of responses) {
        response.write('{"type":"MODIFIED","object":{"kind":"Po');
        response.destroy();
      }
    },
  };
}
