import { defineMessage } from '../define-message.ts';
import { sessionEventSchema } from '../events.ts';

/** One event of a session's log. */
export const eventMessage = defineMessage({
  name: 'event',
  subject: 'events.<user>.<session>',
  schema: sessionEventSchema,
  from: ['runtime', 'chat'],
  to: ['relay', 'chat', 'people'],
  stream: 'EVENTS',
  description:
    "One event of a session's log. Written one at a time, each expecting the sequence of the one before it; " +
    'headers `Semibot-Run` and `Semibot-Generation` tell whose it is.',
});

/** The same event as the server republishes it once it is kept. */
export const liveMessage = defineMessage({
  name: 'live',
  subject: 'live.<user>.<session>',
  schema: sessionEventSchema,
  from: ['runtime', 'chat'],
  to: ['relay', 'people'],
  stream: null,
  republishes: 'event',
  description:
    'The event as the server passes it on once it is kept, with `Nats-Sequence` and `Nats-Last-Sequence`: ' +
    'what relays follow.',
});
