import { z } from 'zod';
import { defineMessage } from '../define-message.ts';

/** The stream from which a dead letter came, as a subject token. */
export const deadLetterMessage = defineMessage({
  name: 'deadLetter',
  subject: 'dead.<stream>',
  schema: z.unknown(),
  from: ['chat', 'scheduler', 'relay'],
  to: ['people'],
  stream: 'DEAD_LETTERS',
  description:
    'A message that could not be read or handled, its payload as it came; headers `Semibot-Dead-Subject` and ' +
    '`Semibot-Dead-Reason` tell whence and why.',
});
