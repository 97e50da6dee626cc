import { deadLetterMessage, HEADERS } from '@semibot/protocol';
import type { Bus } from './connect.ts';
import { messageHeaders } from './headers.ts';

/** Longer reasons are cut: a header is no place for a payload. */
const REASON_MAX_CHARACTERS = 500;

/**
 * Puts a message that could not be read or handled aside, as it came, with where it stood and why.
 * The same place in the same stream is put aside once, however many parts meet it. Rejects where the bus is away.
 */
export function deadLetter(
  bus: Bus,
  letter: { stream: string; subject: string; sequence?: number; reason: string; data: Uint8Array },
): Promise<void> {
  const reason = letter.reason.replaceAll(/[\r\n]+/g, ' ').slice(0, REASON_MAX_CHARACTERS);
  bus.logger.warn(
    { stream: letter.stream, subject: letter.subject, sequence: letter.sequence, reason },
    'message put aside as a dead letter',
  );
  const headers = messageHeaders({
    [HEADERS.deadSubject]: letter.subject,
    [HEADERS.deadReason]: reason,
    'Nats-Msg-Id': letter.sequence ? `dead-${letter.stream}-${letter.sequence}` : undefined,
  });
  return bus.nc
    .request(deadLetterMessage.format({ stream: letter.stream }), letter.data, { headers, timeout: 5_000 })
    .then(() => undefined);
}
