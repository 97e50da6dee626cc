import { type Instance, isConnected } from './instance.ts';

/** How often and how fast runtimes are started again. */
export interface Policy {
  /** Between bootstraps, in milliseconds. */
  cooldownMs: number;
  /** The same while the runtime is on its way and nothing of it is seen, in milliseconds. */
  provisioningCooldownMs: number;
  /** Bootstraps with no ready runtime between them. */
  maxAttempts: number;
  /** Runtimes are started by their users, on machines of their own: all that can be done is to wait. */
  usersStart: boolean;
}

/** What is to be done about a user's runtime. */
export type Decision =
  | { type: 'ready' }
  /** It sleeps, and nobody needs it. */
  | { type: 'rest' }
  /** It sleeps, and somebody needs it. */
  | { type: 'thaw' }
  | { type: 'wait'; retryAfterMs: number }
  /** Start it again. Tickets that nobody has used yet stay good where a process may be on its way with one. */
  | { type: 'bootstrap'; keepTickets: boolean; quickCrashes: number }
  /** Begin a new instance. */
  | { type: 'create' }
  /** The user's own machine did not come back in time: its runs wait for whichever process comes. */
  | { type: 'lose' }
  | { type: 'fail'; error: string };

export interface Situation {
  /** The user's newest instance. */
  instance: Instance | null;
  /** Whether the driver sees something of it running. */
  processRuns: boolean;
  /** The bus was away: until then, living runtimes may be on their way back. 0 where it was not. */
  busGraceUntil: number;
  now: number;
  /** Passes over cooldown, cap and grace. */
  force: boolean;
  /** Somebody waits for the runtime. */
  needed: boolean;
}

/** A runtime that lives this long after it was ready has not died of starting. */
export const STABLE_AFTER_MS = 5_000;
/** A runtime whose connection alone ended has this long to come back by itself. */
export const RECONNECT_GRACE_MS = 5_000;
/** And this long at most where the bus was away: its longest wait between two attempts is 30 s, with jitter. */
export const RECONNECT_GRACE_MAX_MS = 40_000;

/** After so long off the bus, or asleep, a process whose token is over does not come back: it is replaced. */
export const RETURN_WITHIN_MS = 24 * 3600 * 1000;

export const ATTEMPTS_EXCEEDED = 'bootstrap attempts exceeded';

/** How long runtimes have to come back after the bus was away for so long: their waits grow as the outage does. */
export const graceAfterOutage = (outageMs: number): number =>
  Math.min(Math.max(RECONNECT_GRACE_MS, 2 * outageMs), RECONNECT_GRACE_MAX_MS);

/** Decides what is to be done, from what the books say and whether the process lives (FEATURES part 6). */
export function decide(situation: Situation, policy: Policy): Decision {
  const { instance, force, now } = situation;
  if (!instance || instance.status === 'terminated') return { type: 'create' };
  if (instance.status === 'failed') {
    // For a moment a failure stays one, so that everyone who waits for the runtime hears of it.
    const left = timeOf(instance.endedAt) + policy.provisioningCooldownMs - now;
    return force || left <= 0 ? { type: 'create' } : { type: 'wait', retryAfterMs: left };
  }
  if (force) return { type: 'bootstrap', keepTickets: false, quickCrashes: 0 };
  if (instance.status === 'ready' && isConnected(instance)) return { type: 'ready' };
  if (instance.status === 'frozen') return { type: situation.needed ? 'thaw' : 'rest' };

  const lost = wasLost(instance);
  // One that went silent was given up with its connection standing: it has no time to come back.
  const mayReturn = situation.processRuns && !isConnected(instance) && !(lost && !instance.reconnectUntil);
  const left = Math.max(timeOf(instance.reconnectUntil), situation.busGraceUntil) - now;
  if (mayReturn && left > 0) return { type: 'wait', retryAfterMs: left };

  if (policy.usersStart) return lost ? { type: 'lose' } : { type: 'wait', retryAfterMs: policy.cooldownMs };
  return lost ? afterLoss(instance, policy, now) : nextAttempt(instance, situation, policy);
}

const wasLost = (instance: Instance): boolean =>
  instance.bootId !== null && (instance.status === 'ready' || instance.status === 'disconnected');

/** A runtime that was ready is brought back at once, unless that is all it ever does. */
function afterLoss(instance: Instance, policy: Policy, now: number): Decision {
  const lostAt = timeOf(instance.disconnectedAt) || now;
  const quick = instance.readyAt !== null && lostAt - timeOf(instance.readyAt) < STABLE_AFTER_MS;
  const quickCrashes = quick ? instance.quickCrashes + 1 : 0;
  if (quickCrashes > policy.maxAttempts)
    return { type: 'fail', error: exceeded('the runtime dies each time soon after it is ready') };
  return { type: 'bootstrap', keepTickets: false, quickCrashes };
}

/** The cooldown is looked at before the cap, so that the last attempt is given its time too. */
function nextAttempt(instance: Instance, { processRuns, now }: Situation, policy: Policy): Decision {
  const since = Math.max(
    timeOf(instance.lastBootstrapAt),
    timeOf(instance.connectedAt),
    timeOf(instance.disconnectedAt),
  );
  // A process that is seen to be on its way is given the longer time: the machine is slow, and another start would
  // not make it faster.
  const soon = instance.status === 'provisioning' && !processRuns;
  const left = since + (soon ? policy.provisioningCooldownMs : policy.cooldownMs) - now;
  if (left > 0) return { type: 'wait', retryAfterMs: left };
  if (instance.bootstrapAttempts >= policy.maxAttempts)
    return { type: 'fail', error: exceeded(instance.bootstrapLastError) };
  return {
    type: 'bootstrap',
    keepTickets: instance.status === 'provisioning',
    quickCrashes: instance.quickCrashes,
  };
}

const exceeded = (why: string | null): string => (why ? `${ATTEMPTS_EXCEEDED}: ${why}` : ATTEMPTS_EXCEEDED);

const timeOf = (date: Date | null): number => date?.getTime() ?? 0;
