import { expect, it } from 'vitest';
import { isLocalHost, isLoopback } from './local-only.ts';

it('knows the addresses of this machine', () => {
  for (const address of ['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])
    expect(isLoopback(address)).toBe(true);
  for (const address of ['10.0.0.1', '::ffff:10.0.0.1', 'fe80::1', '', '127.example.org', undefined])
    expect(isLoopback(address)).toBe(false);
});

it('knows the names of this machine, with and without a port', () => {
  for (const host of ['localhost', 'LOCALHOST:3000', '127.0.0.1:3000', '[::1]:3000', '[::1]'])
    expect(isLocalHost(host)).toBe(true);
  for (const host of ['localhost.example.org', 'example.org:127', '127.0.0.1.example.org', '', undefined])
    expect(isLocalHost(host)).toBe(false);
});
