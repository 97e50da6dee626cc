import { type Bus, type LogBounds, readLogBounds } from '@semibot/bus';
import { SemibotError } from '@semibot/protocol';

/** What the log holds, as far as this relay knows. */
export interface LogState {
  /** At most a tenth of a second old. Throws SERVICE_UNAVAILABLE where the bus does not answer. */
  bounds(): Promise<LogBounds>;
  /** Asked for anew. */
  fresh(): Promise<LogBounds>;
  /** The incarnation that was seen last, null before the first. */
  epoch(): string | null;
  /** Whether the log could be read when the bus connected last. */
  isKnown(): boolean;
  close(): void;
}

/** Long enough for a herd to share one answer, short enough for what retention takes meanwhile. */
const LIFETIME_MS = 100;
const RETRY_MS = 200;

/** Watches what the log holds; `onNewEpoch` is called when another incarnation of it has come. */
export function createLogState(bus: Bus, onNewEpoch: () => void): LogState {
  let epoch: string | null = null;
  let latest: { bounds: Promise<LogBounds>; askedAt: number } | null = null;
  let isKnown = false;
  let isClosed = false;

  async function read(): Promise<LogBounds> {
    try {
      const bounds = await readLogBounds(bus);
      isKnown = true;
      if (epoch !== null && epoch !== bounds.epoch) onNewEpoch();
      epoch = bounds.epoch;
      return bounds;
    } catch (cause) {
      throw new SemibotError('SERVICE_UNAVAILABLE', { cause });
    }
  }

  function fresh(): Promise<LogBounds> {
    if (!bus.isConnected()) return Promise.reject(new SemibotError('SERVICE_UNAVAILABLE'));
    const asked = { bounds: read(), askedAt: Date.now() };
    latest = asked;
    asked.bounds.catch(() => {
      if (latest === asked) latest = null;
    });
    return asked.bounds;
  }

  /** Readers may be following a log that is gone: this finds out as soon as the bus is back. */
  async function check(): Promise<void> {
    isKnown = false;
    latest = null;
    while (!isKnown && !isClosed) {
      const bounds = await fresh().catch(() => null);
      if (!bounds) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
  const stopListening = bus.onReconnect(() => void check());
  void check();

  return {
    bounds: () => (latest && Date.now() - latest.askedAt < LIFETIME_MS ? latest.bounds : fresh()),
    fresh,
    epoch: () => epoch,
    isKnown: () => isKnown,
    close: () => {
      isClosed = true;
      stopListening();
    },
  };
}
