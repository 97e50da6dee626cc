import type { Bus } from '@semibot/bus';
import {
  checkMessage,
  decodeJson,
  limits,
  renewedTokenSchema,
  renewTokenMessage,
  requestAnswerSchema,
  SemibotError,
} from '@semibot/protocol';
import type { Logger } from '@semibot/service';

const ANSWER_TIMEOUT_MS = 5_000;
const RETRY_MS = 5_000;

/** The token that this process shows when it connects, kept fresh while it is on the bus. */
export interface Token {
  current(): string;
  /** Has it renewed at half of its lifetime from now on; gives back how to stop. */
  keepFresh(on: { bus: Bus; userId: string; instanceId: string; bootId: string; logger: Logger }): () => void;
}

/** Begins with the token that the process was started with, which is good for so long, in milliseconds. */
export function createToken(
  first: string,
  { lifetimeMs = limits.VM_TOKEN_LIFETIME_S * 1000, retryMs = RETRY_MS } = {},
): Token {
  let token = first;
  let dueAt = performance.now() + lifetimeMs / 2;

  return {
    current: () => token,
    keepFresh({ bus, userId, instanceId, bootId, logger }) {
      const subject = renewTokenMessage.format({ user: userId });
      const question = renewTokenMessage.encode({ instanceId, bootId });
      let timer: NodeJS.Timeout | undefined;
      let stopped = false;

      async function renew(): Promise<void> {
        const message = await bus.nc.request(subject, question, { timeout: ANSWER_TIMEOUT_MS });
        const answer = checkMessage(requestAnswerSchema, decodeJson(message.data), 'answer of renew');
        if (!answer.ok) throw SemibotError.fromBody(answer.error);
        const renewed = checkMessage(renewedTokenSchema, answer.result, 'answer of renew');
        token = renewed.token;
        dueAt = performance.now() + renewed.expiresInMs / 2;
        logger.info({ expiresInMs: renewed.expiresInMs }, 'token renewed');
      }

      function wait(ms: number): void {
        clearTimeout(timer);
        if (stopped) return;
        timer = setTimeout(() => {
          renew().then(
            () => wait(dueAt - performance.now()),
            (error: unknown) => {
              logger.warn({ err: error }, 'token not renewed, trying again');
              wait(retryMs);
            },
          );
        }, ms);
      }

      wait(dueAt - performance.now());
      // What fell due while the bus was away is asked for at once.
      const stopListening = bus.onReconnect(() => wait(Math.max(0, dueAt - performance.now())));
      return () => {
        stopped = true;
        clearTimeout(timer);
        stopListening();
      };
    },
  };
}
