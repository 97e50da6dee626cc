import { createHash, randomBytes } from 'node:crypto';

const TICKET_BYTES = 32;

/** A ticket, and its hash: the books hold only the latter. */
export function newTicket(): { ticket: string; hash: string } {
  const ticket = randomBytes(TICKET_BYTES).toString('base64url');
  return { ticket, hash: hashTicket(ticket) };
}

/** Plain SHA-256 will do: there is nothing to guess in 256 random bits. */
export const hashTicket = (ticket: string): string => createHash('sha256').update(ticket).digest('hex');
