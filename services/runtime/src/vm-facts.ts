import { type Bus, publishMessage } from '@semibot/bus';
import { limits, vmHeartbeatMessage, vmReadyMessage } from '@semibot/protocol';
import type { Logger } from '@semibot/service';

/** Woken after it was frozen or the machine slept: the clock went on, the timers did not. */
const LATE_MS = 1_000;

/** Tells the control plane of this process: that it can be given runs, again after each reconnect, and that it lives. */
export function announceVm(options: {
  bus: Bus;
  userId: string;
  instanceId: string;
  bootId: string;
  load(): { activeRuns: number; idleMs: number };
  logger: Logger;
}): { close(): void } {
  const { bus, userId, logger } = options;
  const fact = () => ({
    instanceId: options.instanceId,
    bootId: options.bootId,
    time: new Date().toISOString(),
  });

  /** Says it until it is kept or there is a newer word to say. */
  function speaker(say: (signal: AbortSignal) => Promise<unknown>): { say(): void; stop(): void } {
    let latest = new AbortController();
    return {
      say() {
        latest.abort();
        latest = new AbortController();
        const { signal } = latest;
        say(signal).catch((error: unknown) => {
          if (!signal.aborted)
            logger.error({ err: error }, 'the control plane cannot be told of this runtime');
        });
      },
      stop: () => latest.abort(),
    };
  }

  const ready = speaker((signal) =>
    publishMessage(bus, vmReadyMessage, { user: userId }, fact(), { signal }),
  );
  const heartbeat = speaker((signal) =>
    publishMessage(
      bus,
      vmHeartbeatMessage,
      { user: userId },
      { ...fact(), ...options.load() },
      { signal, ttlMs: limits.VM_HEARTBEAT_TTL_MS },
    ),
  );

  ready.say();
  heartbeat.say();
  const stopListening = bus.onReconnect(() => {
    ready.say();
    heartbeat.say();
  });
  let dueAt = performance.now() + limits.VM_HEARTBEAT_INTERVAL_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - dueAt > LATE_MS) ready.say();
    dueAt = now + limits.VM_HEARTBEAT_INTERVAL_MS;
    heartbeat.say();
  }, limits.VM_HEARTBEAT_INTERVAL_MS);
  return {
    close() {
      clearInterval(timer);
      stopListening();
      ready.stop();
      heartbeat.stop();
    },
  };
}
