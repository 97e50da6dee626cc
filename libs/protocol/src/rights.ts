import { commandMessage, orderMessage } from './messages/commands.ts';
import { deadLetterMessage } from './messages/dead-letter.ts';
import { eventMessage, liveMessage } from './messages/log.ts';
import { runFinishedMessage } from './messages/reports.ts';
import { REQUESTS, requestMessage } from './messages/requests.ts';
import {
  renewTokenMessage,
  vmFactKey,
  vmFrozenMessage,
  vmGoneMessage,
  vmHeartbeatMessage,
  vmReadyMessage,
} from './messages/vm.ts';
import { ROUTES } from './routes/index.ts';
import { vmOperatorRoutes, vmRoutes } from './routes/vm.ts';

/** What a user of the bus may publish and subscribe to. */
export interface Rights {
  publish: string[];
  subscribe: string[];
}

/** Every part has an inbox of its own, so that nobody reads another's answers. */
export const inboxPrefix = (name: string): string => `_INBOX_${name}`;
const inboxOf = (name: string): string => `${inboxPrefix(name)}.>`;

/** The discovery subjects of NATS micro services, which a service answers. */
const MICRO = ['$SRV.PING', '$SRV.PING.>', '$SRV.INFO', '$SRV.INFO.>', '$SRV.STATS', '$SRV.STATS.>'];

const read = (stream: string): string[] => [
  `$JS.API.STREAM.INFO.${stream}`,
  `$JS.API.DIRECT.GET.${stream}`,
  `$JS.API.DIRECT.GET.${stream}.>`,
  `$JS.API.STREAM.MSG.GET.${stream}`,
];
/** A durable consumer that the set-up job made. */
const consume = (stream: string, durable: string): string[] => [
  `$JS.API.CONSUMER.INFO.${stream}.${durable}`,
  `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`,
  `$JS.ACK.${stream}.${durable}.>`,
];

/** The durable consumers, made by the set-up job. */
export const CONSUMERS = {
  'chat-reports': { stream: 'REPORTS', filters: ['reports.*.*.*'] },
  'chat-vms': { stream: 'KV_vms', filters: ['$KV.vms.*.ready', '$KV.vms.*.frozen', '$KV.vms.*.gone'] },
} as const;
export type ConsumerName = keyof typeof CONSUMERS;

/** What each service may do on the bus: its own part of a message's way and nothing else. */
export const SERVICE_RIGHTS = {
  relay: {
    publish: [
      'api.chat.>',
      ...Object.values(vmRoutes).map(({ subject }) => subject),
      ...read('EVENTS'),
      deadLetterMessage.filter(),
    ],
    subscribe: [liveMessage.filter(), inboxOf('relay')],
  },
  chat: {
    publish: [
      eventMessage.filter(),
      commandMessage.filter(),
      deadLetterMessage.filter(),
      'api.scheduler.vm.ensure',
      ...read('EVENTS'),
      ...read('COMMANDS'),
      ...consume('REPORTS', 'chat-reports'),
      ...consume('KV_vms', 'chat-vms'),
    ],
    subscribe: ['api.chat.>', requestMessage.filter(), ...MICRO, inboxOf('chat')],
  },
  scheduler: {
    publish: [
      vmFactKey(vmGoneMessage.filter()),
      vmFactKey(vmFrozenMessage.filter()),
      ...read('KV_vms'),
      deadLetterMessage.filter(),
      // Whether a person's sign-in still holds.
      ROUTES.auth.me.subject,
    ],
    subscribe: [
      'api.scheduler.>',
      renewTokenMessage.filter(),
      vmReadyMessage.filter(),
      vmHeartbeatMessage.filter(),
      ...MICRO,
      inboxOf('scheduler'),
    ],
  },
} as const satisfies Record<string, Rights>;
export type ServiceName = keyof typeof SERVICE_RIGHTS;

/** What the runtimes' account is given of the services' account, subject by subject, and nothing else. */
export const RUNTIME_IMPORTS = {
  /** Published by runtimes, answered or acknowledged by the services' side. */
  services: [
    { from: eventMessage.filter() },
    { from: requestMessage.filter() },
    { from: runFinishedMessage.filter() },
    { from: renewTokenMessage.filter() },
    { from: vmFactKey(vmReadyMessage.filter()), as: vmReadyMessage.filter() },
    { from: vmFactKey(vmHeartbeatMessage.filter()), as: vmHeartbeatMessage.filter() },
  ],
  /** Received by runtimes. */
  streams: [{ from: orderMessage.filter() }],
} as const;

/** What one user's runtime may do on the bus: its own user's part and nothing else; no JetStream call at all. */
export function runtimeRights(userId: string): Rights {
  const user = { user: userId };
  return {
    publish: [
      eventMessage.filter(user),
      ...Object.keys(REQUESTS).map((method) => requestMessage.filter({ ...user, method })),
      runFinishedMessage.filter(user),
      renewTokenMessage.filter(user),
      vmReadyMessage.filter(user),
      vmHeartbeatMessage.filter(user),
    ],
    subscribe: [orderMessage.filter(user), inboxOf(userId)],
  };
}

/** What a person may do with the nats CLI: see what is theirs, and say nothing. */
export function personRights(userId: string): Rights {
  const own = ['events', 'live', 'commands', 'orders', 'vm'].map((subject) => `${subject}.${userId}.>`);
  return { publish: [], subscribe: own };
}

/** What the command line for runtimes may do: ask the scheduler, and nothing else. */
export const VM_OPERATOR_RIGHTS: Rights = {
  publish: Object.values(vmOperatorRoutes).map(({ subject }) => subject),
  subscribe: [inboxOf('vmoperator')],
};

/** What an operator may do: read everything, change nothing. */
export const OPERATOR_RIGHTS: Rights = {
  publish: [
    '$SRV.>',
    '$JS.API.INFO',
    '$JS.API.STREAM.NAMES',
    '$JS.API.STREAM.LIST',
    '$JS.API.STREAM.INFO.>',
    '$JS.API.STREAM.MSG.GET.>',
    '$JS.API.DIRECT.GET.>',
    '$JS.API.CONSUMER.NAMES.>',
    '$JS.API.CONSUMER.LIST.>',
    '$JS.API.CONSUMER.INFO.>',
  ],
  subscribe: ['>'],
};
