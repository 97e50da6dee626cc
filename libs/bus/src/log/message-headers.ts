import type { Msg } from '@nats-io/transport-node';

/** How the client holds a message that it has not looked into. */
interface RawMessage {
  _rdata: Uint8Array;
  _msg: { hdr: number };
}

function isRaw(message: object): message is RawMessage {
  return '_rdata' in message && message._rdata instanceof Uint8Array && '_msg' in message;
}

/**
 * A message's headers as they came. The client's own reading of headers makes a map of them, which is a third of the
 * work of passing an event on; two numbers are all that is needed of it.
 */
export function headerText(message: Msg): string {
  if (!isRaw(message)) return message.headers?.toString() ?? '';
  const { buffer, byteOffset } = message._rdata;
  return Buffer.from(buffer, byteOffset, Math.max(0, message._msg.hdr)).toString('latin1');
}

/** A header's last value: the server's own come after those of the publisher. Empty where there is none. */
export function headerValue(text: string, name: string): string {
  const at = text.lastIndexOf(`\r\n${name}: `);
  if (at < 0) return '';
  const start = at + name.length + 4;
  return text.slice(start, text.indexOf('\r', start));
}

/** The same as a number; NaN where there is none. */
export const headerNumber = (text: string, name: string): number =>
  Number.parseInt(headerValue(text, name), 10);
