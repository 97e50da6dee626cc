import { AckPolicy, DeliverPolicy, jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { CONSUMERS, STREAMS, type StreamDefinition } from '@semibot/protocol';
import type { Bus } from './connect.ts';

/** Where a stream keeps the name of its incarnation. */
export const EPOCH_METADATA = 'semibot-epoch';
/** A message that a consumer's reader neither finished nor put back comes again after this long, in milliseconds. */
const ACKNOWLEDGEMENT_WAIT_MS = 5_000;

const newEpoch = (): string => crypto.randomUUID().replaceAll('-', '').slice(0, 8);

const configOf = (definition: StreamDefinition, replicas: number, epoch: string) => ({
  subjects: definition.subjects,
  description: definition.description,
  retention: definition.retention === 'workqueue' ? RetentionPolicy.Workqueue : RetentionPolicy.Limits,
  storage: StorageType.File,
  num_replicas: replicas,
  max_age: nanos(definition.maxAgeMs),
  max_bytes: definition.maxBytes,
  max_msg_size: definition.maxMessageBytes,
  max_consumers: definition.maxConsumers,
  max_msgs_per_subject: definition.maxMessagesPerSubject ?? -1,
  duplicate_window: nanos(definition.deduplicationMs),
  allow_direct: true,
  // A publisher's header must never be able to wipe a stream.
  allow_rollup_hdrs: false,
  ...(definition.messageTtl ? { allow_msg_ttl: true } : {}),
  ...(definition.republish
    ? { republish: { src: definition.republish.from, dest: definition.republish.to } }
    : {}),
  metadata: { [EPOCH_METADATA]: epoch },
});

/** Makes the server's streams and durable consumers equal to what the protocol says. For the set-up job alone. */
export async function applyStreams(bus: Bus, options: { replicas?: number } = {}): Promise<void> {
  const manager = await jetstreamManager(bus.nc);
  for (const [name, definition] of Object.entries(STREAMS)) {
    const existing = await manager.streams.info(name).catch(() => null);
    const epoch = existing?.config.metadata?.[EPOCH_METADATA] ?? newEpoch();
    const config = configOf(definition, options.replicas ?? 1, epoch);
    if (existing) {
      // Its consumer limit cannot be changed on a stream that exists.
      const { max_consumers: _, ...changeable } = config;
      await manager.streams.update(name, changeable);
    } else await manager.streams.add({ name, ...config });
    bus.logger.info({ stream: name, epoch, made: !existing }, 'stream applied');
  }
  for (const [name, { stream, filters }] of Object.entries(CONSUMERS)) {
    const existing = await manager.consumers.info(stream, name).catch(() => null);
    const changeable = {
      filter_subjects: [...filters],
      ack_wait: nanos(ACKNOWLEDGEMENT_WAIT_MS),
      max_deliver: -1,
    };
    if (existing) {
      // What it has delivered and what it waits for stays as it is.
      await manager.consumers.update(stream, name, changeable);
      continue;
    }
    await manager.consumers.add(stream, {
      ...changeable,
      durable_name: name,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
    });
  }
}

/** What the events' stream holds, of all sessions. */
export interface LogBounds {
  /** The stream's incarnation. */
  epoch: string;
  /** The oldest sequence that is kept; one more than the last where nothing is. */
  first: number;
  last: number;
}

/** Asks the stream's leader; throws where the stream is not there or the bus does not answer. */
export async function readLogBounds(bus: Bus): Promise<LogBounds> {
  const manager = await jetstreamManager(bus.nc, { checkAPI: false });
  const { config, state } = await manager.streams.info('EVENTS');
  const epoch = config.metadata?.[EPOCH_METADATA];
  if (!epoch) throw new Error('stream EVENTS has no epoch: run the set-up job');
  return { epoch, first: state.first_seq, last: state.last_seq };
}

/** The incarnation of the events' stream; throws as readLogBounds does. */
export const readEpoch = async (bus: Bus): Promise<string> => (await readLogBounds(bus)).epoch;
