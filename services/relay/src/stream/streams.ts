import type { Socket } from 'node:net';
import { type Bus, createReplayer } from '@semibot/bus';
import { formatCursor, SemibotError, type Trace } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import type { Caller } from '../auth/access-token.ts';
import { catchUp } from './catch-up.ts';
import { createEventCheck } from './event-check.ts';
import { createFeeds } from './feeds.ts';
import { RETRY_HINT, resyncFrame } from './frame.ts';
import { createHeartbeats } from './heartbeats.ts';
import { createLogState } from './log-state.ts';
import { Reader, type ReaderListener } from './reader.ts';
import { createReplayPages } from './replay-pages.ts';
import { createSessionAccess } from './session-access.ts';
import type { FeedSession } from './session-feed.ts';
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
  /** Sends the response's head and then the log to a connection, for as long as both live. */
  start(socket: Socket, head: string): void;
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

export function createStreams(options: {
  bus: Bus;
  /** For reading the past. */
  replayBus: Bus;
  logger: Logger;
  limits: PlaceLimits;
}): Streams {
  const { bus, logger } = options;
  const replayer = createReplayer(bus);
  const pageReplayer = createReplayer(options.replayBus);
  const check = createEventCheck(bus);
  const feeds = createFeeds({ bus, replayer, check });
  const pages = createReplayPages(pageReplayer, check);
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
  const listener: ReaderListener = {
    onGone(reader) {
      const { userId, sessionId, held } = reader.seat;
      heartbeats.remove(reader);
      held.open?.leave(reader);
      feeds.release(held);
      places.leave(userId, sessionId);
    },
    onCutOff({ seat: { userId, sessionId } }, unsentBytes) {
      logger.info({ userId, sessionId, unsentBytes }, 'slow reader cut off');
    },
  };
  const ticker = setInterval(() => {
    const now = Date.now();
    heartbeats.beat(now);
    feeds.sweep(now);
    access.sweep();
    pages.sweep();
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

  /** Sends a reader what it has missed, and then what comes. */
  async function serve(reader: Reader, session: FeedSession, after: number): Promise<void> {
    try {
      await catchUp(reader, session, after, { held: reader.seat.held, pages });
    } catch (error) {
      const { userId, sessionId } = session;
      logger.warn({ userId, sessionId, err: error }, 'the log cannot be read, stream ended');
      reader.end();
    }
  }

  /** Asks for the first page before all is known of the reader, who may be given it only then. */
  function readAhead({ caller, sessionId, wanted }: StreamRequest): void {
    const epoch = log.epoch();
    if (epoch === null || wanted.from === 'history') return;
    const after = wanted.from === 'first' ? 0 : wanted.cursor.sequence;
    const session = { userId: caller.identity.userId, sessionId, epoch };
    if (!feeds.covers(session, after)) pages.read(session, after).catch(() => undefined);
  }

  async function grant(request: StreamRequest): Promise<GrantedStream> {
    readAhead(request);
    const { session, start } = await locate(request);
    const { sessionId, caller } = request;
    const { userId } = caller.identity;
    return {
      abandon: () => places.leave(userId, sessionId),
      start(socket, head) {
        const held = feeds.hold(session);
        const seat = { userId, sessionId, held, expiresAt: caller.expiresAt };
        const reader = new Reader(socket, seat, listener);
        heartbeats.add(reader);
        reader.write(head + greeting(session, start));
        void serve(reader, session, start.after);
      },
    };
  }

  return {
    async open(request) {
      const { userId } = request.caller.identity;
      places.take(userId, request.sessionId);
      try {
        return await grant(request);
      } catch (error) {
        places.leave(userId, request.sessionId);
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
      pageReplayer.close();
    },
  };
}

/** What every stream begins with. */
function greeting(session: FeedSession, start: Start): string {
  if (!start.resync) return RETRY_HINT;
  const cursor = formatCursor(session.epoch, start.after);
  const time = new Date().toISOString();
  return RETRY_HINT + resyncFrame({ type: 'resync', sessionId: session.sessionId, time, cursor });
}
