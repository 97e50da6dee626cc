import { BUS_PAYLOAD_MAX_BYTES, DEDUPLICATION_WINDOW_MS, LOG_RETENTION_MS } from './limits.ts';

/** A JetStream stream as data; the set-up job makes the server's streams equal to these. */
export interface StreamDefinition {
  subjects: string[];
  retention: 'limits' | 'workqueue';
  maxAgeMs: number;
  maxBytes: number;
  maxMessageBytes: number;
  maxConsumers: number;
  /** Only the newest so many messages of a subject are kept. */
  maxMessagesPerSubject?: number;
  deduplicationMs: number;
  /**
   * Messages may carry a TTL. Its end is not marked: the server allows a publisher to roll a stream up, which wipes
   * everybody's messages, wherever it is to write such marks.
   */
  messageTtl?: true;
  republish?: { from: string; to: string };
  description: string;
}

const GIB = 1024 ** 3;

export const STREAMS = {
  EVENTS: {
    subjects: ['events.*.*'],
    retention: 'limits',
    maxAgeMs: LOG_RETENTION_MS,
    maxBytes: 8 * GIB,
    maxMessageBytes: BUS_PAYLOAD_MAX_BYTES,
    maxConsumers: 16,
    deduplicationMs: DEDUPLICATION_WINDOW_MS,
    republish: { from: 'events.*.*', to: 'live.{{wildcard(1)}}.{{wildcard(2)}}' },
    description: "Every session's log: what its readers see, in order.",
  },
  COMMANDS: {
    subjects: ['commands.*.*'],
    retention: 'limits',
    maxAgeMs: LOG_RETENTION_MS,
    maxBytes: GIB,
    maxMessageBytes: BUS_PAYLOAD_MAX_BYTES,
    maxConsumers: 16,
    deduplicationMs: DEDUPLICATION_WINDOW_MS,
    republish: { from: 'commands.*.*', to: 'orders.{{wildcard(1)}}.{{wildcard(2)}}' },
    description: 'What runtimes are told to do, numbered by user.',
  },
  REPORTS: {
    subjects: ['reports.*.*.*'],
    retention: 'workqueue',
    maxAgeMs: LOG_RETENTION_MS,
    maxBytes: GIB,
    maxMessageBytes: BUS_PAYLOAD_MAX_BYTES,
    maxConsumers: 1,
    deduplicationMs: DEDUPLICATION_WINDOW_MS,
    description: 'What runtimes report; handled once and gone.',
  },
  KV_vms: {
    subjects: ['$KV.vms.*.*'],
    retention: 'limits',
    maxAgeMs: LOG_RETENTION_MS,
    maxBytes: GIB / 4,
    maxMessageBytes: 16 * 1024,
    maxConsumers: 16,
    maxMessagesPerSubject: 1,
    deduplicationMs: 2 * 60 * 1000,
    messageTtl: true,
    republish: { from: '$KV.vms.*.*', to: 'vm.{{wildcard(1)}}.{{wildcard(2)}}' },
    description: 'What is known of each runtime, its newest word a fact; readable as the KV bucket `vms`.',
  },
  DEAD_LETTERS: {
    subjects: ['dead.*'],
    retention: 'limits',
    maxAgeMs: 10 * LOG_RETENTION_MS,
    maxBytes: GIB / 4,
    maxMessageBytes: BUS_PAYLOAD_MAX_BYTES,
    maxConsumers: 16,
    deduplicationMs: DEDUPLICATION_WINDOW_MS,
    description: 'Messages that could not be read or handled, each with its reason.',
  },
} as const satisfies Record<string, StreamDefinition>;

export type StreamName = keyof typeof STREAMS;
