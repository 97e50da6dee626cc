import type { VM_STATUSES } from '@semibot/protocol';

/** The states of an instance; `missing` is the answer where there is none. */
export type InstanceStatus = Exclude<(typeof VM_STATUSES)[number], 'missing'>;

/** How runtimes are started. */
export const DRIVER_MODES = ['process', 'docker', 'kubernetes', 'command', 'external'] as const;
export type DriverMode = (typeof DRIVER_MODES)[number];

/**
 * A user's runtime as the books have it.
 *
 * starting: the driver is being asked. provisioning: asked, and not on the bus yet. running: on the bus, but does not
 * follow its orders yet. ready: can be given runs. disconnected: was ready and is off the bus. frozen: asleep.
 * failed and terminated: over; the next one is a new instance.
 */
export interface Instance {
  id: string;
  userId: string;
  orgId: string;
  mode: DriverMode;
  status: InstanceStatus;
  /** What the driver calls it; null while nothing of it is known to run. */
  vmId: string | null;
  /** Bootstraps since it was last ready. */
  bootstrapAttempts: number;
  /** Bootstraps ever: names the current one. */
  bootstraps: number;
  lastBootstrapAt: Date | null;
  bootstrapLastError: string | null;
  /** Deaths in a row, each soon after it was ready. */
  quickCrashes: number;
  ticketHashes: string[];
  usedTicketHash: string | null;
  /** The key of the process that used the ticket: nobody else is let in until the next bootstrap. */
  nkey: string | null;
  serverId: string | null;
  connectionId: string | null;
  connectedAt: Date | null;
  bootId: string | null;
  previousBootId: string | null;
  readyAt: Date | null;
  lastHeartbeatAt: Date | null;
  disconnectedAt: Date | null;
  reconnectUntil: Date | null;
  /** When it was last asked for while it was ready. */
  neededAt: Date | null;
  frozenAt: Date | null;
  endedAt: Date | null;
  createdAt: Date;
}

/** A change to an instance. */
export type Patch = Partial<Omit<Instance, 'id' | 'userId' | 'orgId' | 'createdAt'>>;

/** A connection to the bus: the server's incarnation and its number there. */
export interface Connection {
  serverId: string;
  connectionId: string;
}

export const isConnected = (instance: Instance): boolean => instance.connectionId !== null;

export const isOver = (instance: Instance): boolean =>
  instance.status === 'failed' || instance.status === 'terminated';

const NO_CONNECTION = { serverId: null, connectionId: null, connectedAt: null } as const satisfies Patch;
export const withoutConnection = (): Patch => ({ ...NO_CONNECTION });

export const connectionOf = ({ serverId, connectionId }: Instance): Connection | null =>
  serverId !== null && connectionId !== null ? { serverId, connectionId } : null;
