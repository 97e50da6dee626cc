import { limits, type Message, ROUTES, type Run } from '@semibot/protocol';
import type { Account } from '../api/account.ts';
import { routePath } from '../api/call-route.ts';
import { sendHttp } from '../api/transport.ts';
import type { PendingMessage } from '../fold/pending.ts';

export interface HistoryPage {
  messages: Message[];
  cursor: string;
  totalPages: number;
}

/** What a session's view asks of the API. */
export interface SessionApi {
  /** A page of history, 1 being the newest. */
  history(page: number, signal: AbortSignal): Promise<HistoryPage>;
  events(after: string, signal: AbortSignal): Promise<Response>;
  post(message: PendingMessage): Promise<{ messageId: string }>;
  run(runId: string): Promise<Run>;
  cancel(runId: string): Promise<Run>;
}

export function createSessionApi(account: Account, sessionId: string): SessionApi {
  const params = { sessionId };
  return {
    history: async (page, signal) => {
      const query = { page, limit: limits.PAGE_LIMIT_MAX };
      const { data, meta } = await account.call(ROUTES.messages.list, { params, query, signal });
      return { messages: data, cursor: meta.cursor, totalPages: meta.totalPages };
    },
    events: (after, signal) =>
      account.authorized((caller) =>
        sendHttp({
          method: 'GET',
          path: `${routePath(ROUTES.sessions.events.path, params)}?${new URLSearchParams({ after })}`,
          accept: 'text/event-stream',
          signal,
          ...caller,
        }),
      ),
    post: async ({ key: idempotencyKey, text: message, mode }) => {
      const body = { message, mode };
      return (await account.call(ROUTES.messages.post, { params, body, idempotencyKey })).data;
    },
    run: async (runId) => (await account.call(ROUTES.runs.get, { params: { runId } })).data,
    cancel: async (runId) => (await account.call(ROUTES.runs.cancel, { params: { runId } })).data,
  };
}
