import { expect, it } from 'vitest';
import { isLoopback, urlHost } from './host.ts';

it.each(['127.0.0.1', '127.8.9.1', 'localhost', '::1', '[::1]'])('%s is this machine alone', (host) => {
  expect(isLoopback(host)).toBe(true);
});

it.each(['0.0.0.0', '::', '192.168.1.2', 'localhost.example.org', '1127.0.0.1'])(
  '%s can be reached from elsewhere',
  (host) => {
    expect(isLoopback(host)).toBe(false);
  },
);

it('an address is written as a URL has it, and all addresses as the own one', () => {
  expect(['127.0.0.1', '0.0.0.0', '::', '::1', 'box.lan'].map(urlHost)).toEqual([
    '127.0.0.1',
    '127.0.0.1',
    '127.0.0.1',
    '[::1]',
    'box.lan',
  ]);
});
