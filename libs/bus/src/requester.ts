import type { Msg } from '@nats-io/transport-node';
import {
  checkMessage,
  decodeJson,
  limits,
  NO_SESSION,
  newId,
  REQUESTS,
  type RequestInput,
  type RequestMethodName,
  type RequestResult,
  requestAnswerSchema,
  requestMessage,
  SemibotError,
  type Trace,
} from '@semibot/protocol';
import type { Bus } from './connect.ts';
import { messageHeaders } from './headers.ts';

export interface Requester {
  /** Asks chat and waits for its answer, over a break of the connection too. Throws the answer's error. */
  request<M extends RequestMethodName>(
    method: M,
    sessionId: string | null,
    input: RequestInput<M>,
    options?: { trace?: Trace; timeoutMs?: number },
  ): Promise<RequestResult<M>>;
  close(): void;
}

interface Pending {
  send(): void;
  answer(message: Msg): void;
}

/** An answer that has not come by then is asked for again, in milliseconds. */
const REPEAT_INTERVAL_MS = 1_000;
const NO_RESPONDERS_RETRY_MS = 100;
/** The status of an answer that the server gives where nobody serves the subject. */
const NO_RESPONDERS = 503;

/** A runtime's way to ask: one inbox for all answers, each request repeated under its id until it is answered. */
export function createRequester(bus: Bus, userId: string): Requester {
  const inbox = bus.newInbox();
  const pending = new Map<string, Pending>();
  const subscription = bus.nc.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (!error) pending.get(message.subject.slice(inbox.length + 1))?.answer(message);
    },
  });
  const stopListening = bus.onReconnect(() => {
    for (const request of pending.values()) request.send();
  });

  return {
    request(method, sessionId, input, options = {}) {
      const id = newId();
      const subject = requestMessage.format({ user: userId, session: sessionId ?? NO_SESSION, method });
      const { schema, result } = REQUESTS[method];
      const payload = JSON.stringify(checkMessage(schema, input, method));
      return new Promise((resolve, reject) => {
        const send = (): void => {
          if (bus.nc.isClosed()) settle(() => reject(new SemibotError('SERVICE_UNAVAILABLE')));
          if (!bus.isConnected()) return;
          bus.nc.publish(subject, payload, {
            reply: `${inbox}.${id}`,
            headers: messageHeaders({ 'Nats-Msg-Id': id }, options.trace),
          });
        };
        const repeat = setInterval(send, REPEAT_INTERVAL_MS);
        const giveUp = setTimeout(
          () => settle(() => reject(new SemibotError('SERVICE_UNAVAILABLE'))),
          options.timeoutMs ?? limits.RUNTIME_REQUEST_TIMEOUT_MS,
        );
        const settle = (finish: () => void): void => {
          clearInterval(repeat);
          clearTimeout(giveUp);
          pending.delete(id);
          finish();
        };
        pending.set(id, {
          send,
          answer: (message) => {
            if (message.headers?.code === NO_RESPONDERS && message.data.length === 0) {
              setTimeout(() => pending.get(id)?.send(), NO_RESPONDERS_RETRY_MS).unref();
              return;
            }
            settle(() => {
              try {
                const answer = checkMessage(
                  requestAnswerSchema,
                  decodeJson(message.data),
                  `answer of ${method}`,
                );
                if (!answer.ok) throw SemibotError.fromBody(answer.error);
                resolve(
                  checkMessage(result, answer.result, `answer of ${method}`) as RequestResult<typeof method>,
                );
              } catch (error) {
                reject(error);
              }
            });
          },
        });
        send();
      });
    },
    close: () => {
      stopListening();
      if (!bus.nc.isClosed()) subscription.unsubscribe();
    },
  };
}
