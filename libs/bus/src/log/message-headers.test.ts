import { headers, type Msg } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { headerNumber, headerText, headerValue } from './message-headers.ts';

const text = (values: [string, string][]): string =>
  `NATS/1.0\r\n${values.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;

describe('the numbers in headers', () => {
  it('are read by name', () => {
    const republished = text([
      ['Nats-Stream', 'EVENTS'],
      ['Nats-Sequence', '12'],
      ['Nats-Time-Stamp', '2026-01-01T00:00:00Z'],
      ['Nats-Last-Sequence', '7'],
    ]);
    expect(headerNumber(republished, 'Nats-Sequence')).toBe(12);
    expect(headerNumber(republished, 'Nats-Last-Sequence')).toBe(7);
    expect(headerNumber(republished, 'Nats-Num-Pending')).toBeNaN();
    expect(headerNumber('', 'Nats-Sequence')).toBeNaN();
    expect(headerValue(republished, 'Nats-Stream')).toBe('EVENTS');
    expect(headerValue(republished, 'Nats-Msg-Id')).toBe('');
  });

  it("are the server's, not those that a publisher put before them", () => {
    const forged = text([
      ['Nats-Sequence', '999'],
      ['X-Nats-Sequence', '998'],
      ['Nats-Sequence', '12'],
    ]);
    expect(headerNumber(forged, 'Nats-Sequence')).toBe(12);
  });

  it('are found in a message of any kind', () => {
    const values = headers();
    values.set('Nats-Sequence', '12');
    expect(headerNumber(headerText({ headers: values } as unknown as Msg), 'Nats-Sequence')).toBe(12);
    const bytes = Buffer.from(`${values.toString()}payload`);
    const raw = { _rdata: bytes, _msg: { hdr: bytes.length - 'payload'.length } } as unknown as Msg;
    expect(headerText(raw)).toBe(values.toString());
    const without = { _rdata: Buffer.from('payload'), _msg: { hdr: -1 } } as unknown as Msg;
    expect(headerText(without)).toBe('');
  });
});
