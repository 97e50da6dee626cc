import type { Socket } from 'node:net';
import { type Bus, createReplayer } from '@semibot/bus';
import { formatCursor, SemibotError, type Trace } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import type { Caller } from '../auth/access-token.ts';
import { catchUp } from './catch-up.ts';
import { createEventCheck } from './event-check.ts';
import { createFeeds } from './feeds.ts';
import { RETRY_HINT, renderResync } from './frame.ts';
import { createHeartbeats } from './heartbeats.ts';
import { createLogState } from './log-state.ts';
import { Reader } from './reader.ts';
import { createReplayPages } from './replay-pages.ts';
import { createSessionAccess } from './session-access.ts';
import { type Start, startPosition, type Wanted } from './start-position.ts';
import { createStreamPlaces, type PlaceLimits } from './stream-places.ts';

export interface StreamRequest {
  caller: Caller;
  sessionId: string;
  wanted: Wanted;
  trace: Trace;
}

/** A stream that was granted: its response may begin. */
export interface GrantedStream {
  /** Sends the log to a connection whose response has begun, for as long as both live. */
  start(socket: Socket): void;
  /** The caller has gone meanwhile. */
  abandon(): void;
}

/** The event streams of this relay. */
export interface Streams {
  /**
   * Throws NOT_FOUND, CURSOR_INVALID, SSE_CONNECTION_LIMIT, or SERVICE_UNAVAILABLE where chat or the bus is away or
   * the relay stops.
   */
  open(request: StreamRequest): Promise<GrantedStream>;
  isReady(): boolean;
  /** Ends all streams, so that their readers come back elsewhere. */
  close(): void;
}

const TICK_MS = 1_000;

export function createStreams(options: { bus: Bus; logger: Logger; limits: PlaceLimits }): Streams {
  const { bus, logger } = options;
  const replayer = createReplayer(bus);
  const check = createEventCheck(bus);
  const feeds = createFeeds({ bus, replayer, check });
  const pages = createReplayPages(replayer, check);
  const access = createSessionAccess(bus);
  const places = createStreamPlaces(options.limits);
  const heartbeats = createHeartbeats();
  let isClosing = false;

  function endAll(): void {
    for (const reader of heartbeats.readers()) reader.end();
    feeds.closeAll();
  }
  const log = createLogState(bus, () => {
    logger.warn('the log is another one than before, readers begin anew');
    endAll();
  });
  const ticker = setInterval(() => {
    const now = Date.now();
    heartbeats.beat(now);
    feeds.sweep(now);
  }, TICK_MS);

  /** Whose log it is, its incarnation, and where the reader begins. */
  async function locate({ caller, sessionId, wanted, trace }: StreamRequest) {
    if (isClosing || !bus.isConnected()) throw new SemibotError('SERVICE_UNAVAILABLE');
    const [{ userId, history }, known] = await Promise.all([
      access.ask({ identity: caller.identity, sessionId, trace, fresh: wanted.from === 'history' }),
      log.bounds(),
    ]);
    // A position that was acknowledged just now may be newer than what is known here.
    const isNewer = wanted.from === 'cursor' && wanted.cursor.sequence > known.last;
    const bounds = isNewer ? await log.fresh() : known;
    let start = startPosition(wanted, bounds, history);
    if (start.resync) {
      // It begins where the history ends now, not where it ended when the answer was kept.
      const now = await access.ask({ identity: caller.identity, sessionId, trace, fresh: true });
      start = startPosition(wanted, bounds, now.history);
    }
    return { session: { userId, sessionId, epoch: bounds.epoch }, start };
  }

  async function open(request: StreamRequest, leave: () => void): Promise<GrantedStream> {
    const { session, start } = await locate(request);
    const held = feeds.hold(session);
    const abandon = (): void => {
      held.release();
      leave();
    };
    // Asked for while the feed is being opened: it is what the reader needs next.
    if (held.isNew) pages.read(session, start.after).catch(() => undefined);
    const feed = await held.feed.catch((error: unknown) => {
      held.release();
      throw error;
    });
    return {
      abandon,
      start(socket) {
        const about = { userId: session.userId, sessionId: session.sessionId };
        const reader = new Reader(
          socket,
          request.caller.expiresAt,
          () => {
            forget();
            feed.leave(reader);
            abandon();
          },
          (unsentBytes) => logger.info({ ...about, unsentBytes }, 'slow reader cut off'),
        );
        const forget = heartbeats.add(reader);
        reader.write(greeting(session, start));
        catchUp(reader, session, start.after, { feed, pages }).catch((error: unknown) => {
          logger.warn({ ...about, err: error }, 'the log cannot be read, stream ended');
          reader.end();
        });
      },
    };
  }

  return {
    async open(request) {
      const leave = places.take(request.caller.identity.userId, request.sessionId);
      try {
        return await open(request, leave);
      } catch (error) {
        leave();
        throw error;
      }
    },
    isReady: () => !isClosing && bus.isConnected() && log.isKnown(),
    close() {
      isClosing = true;
      clearInterval(ticker);
      log.close();
      endAll();
      replayer.close();
    },
  };
}

/** What every stream begins with. */
function greeting(session: { sessionId: string; epoch: string }, start: Start): Buffer {
  if (!start.resync) return RETRY_HINT;
  const { sessionId, epoch } = session;
  const cursor = formatCursor(epoch, start.after);
  const resync = { type: 'resync', sessionId, time: new Date().toISOString(), cursor } as const;
  return Buffer.concat([RETRY_HINT, renderResync(resync)]);
}
