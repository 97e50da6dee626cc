import { HEADERS, type MessageDefinition } from '@semibot/protocol';

export interface HeaderText {
  name: string;
  description: string;
}

const TRACE: HeaderText[] = [
  { name: HEADERS.requestId, description: 'The id of the request that set this off.' },
  { name: HEADERS.traceparent, description: 'W3C trace context.' },
];
const RUN: HeaderText[] = [
  { name: HEADERS.run, description: 'The run that the event belongs to.' },
  { name: HEADERS.generation, description: 'How often the run has been handed to a runtime.' },
];
const MESSAGE_ID: HeaderText = {
  name: 'Nats-Msg-Id',
  description: 'Under which a repeat is recognised.',
};
/** Set by the server on what it republishes. */
const REPUBLISHED: HeaderText[] = [
  { name: 'Nats-Sequence', description: "The message's place in its stream." },
  { name: 'Nats-Last-Sequence', description: "The place of the subject's message before it; 0 for none." },
];
const OF_MESSAGE: Record<string, HeaderText[]> = {
  event: [
    ...RUN,
    {
      name: 'Nats-Expected-Last-Subject-Sequence',
      description:
        "The sequence of the subject's last message; the server refuses the event where it is another.",
    },
  ],
  live: RUN,
  vmHeartbeat: [{ name: 'Nats-TTL', description: 'How long the heartbeat is good for.' }],
  deadLetter: [
    { name: HEADERS.deadSubject, description: 'Where the message came from.' },
    { name: HEADERS.deadReason, description: 'Why it could not be handled.' },
  ],
};

/** The headers that a message comes with. */
export function headersOf(message: MessageDefinition): HeaderText[] {
  const own = OF_MESSAGE[message.name] ?? [];
  if (message.republishes) return [...own, MESSAGE_ID, ...REPUBLISHED, ...TRACE];
  if (message.name === 'deadLetter') return [...own, MESSAGE_ID];
  return [...own, MESSAGE_ID, ...TRACE];
}
