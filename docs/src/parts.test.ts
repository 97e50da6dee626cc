import { MESSAGES, vmFactKey } from '@semibot/protocol';
import { describe, expect, it } from 'vitest';
import { callersOf, covers, RIGHTS } from './parts.ts';

describe('a subject pattern', () => {
  it('covers what NATS would deliver on it', () => {
    expect(covers('a.*.c', 'a.b.c')).toBe(true);
    expect(covers('a.>', 'a.b.c')).toBe(true);
    expect(covers('>', 'a')).toBe(true);
  });

  it('covers nothing longer, shorter or different', () => {
    expect(covers('a.*', 'a.b.c')).toBe(false);
    expect(covers('a.b.c', 'a.b')).toBe(false);
    expect(covers('a.>', 'a')).toBe(false);
    expect(covers('a.b', 'a.c')).toBe(false);
  });
});

describe('the rights', () => {
  it('tell who may ask on a subject', () => {
    expect(callersOf('api.scheduler.vm.ensure')).toEqual(['chat']);
    expect(callersOf('api.chat.sessions.position')).toEqual(['relay']);
  });

  // A republished copy is the server's; a person writes nothing.
  const sent = MESSAGES.filter((message) => !message.republishes).flatMap((message) =>
    message.from.map((part) => ({ name: message.name, part, subject: message.filter() })),
  );
  it.each(sent)('let $part send $name', ({ part, subject }) => {
    const patterns = (RIGHTS[part]?.publish ?? []).map((pattern) => pattern.replace('<user>', '*'));
    // A request is allowed method by method; a fact may be written by its key.
    const allowed = patterns.some(
      (pattern) =>
        covers(pattern, subject) || covers(subject, pattern) || covers(pattern, vmFactKey(subject)),
    );
    expect(allowed).toBe(true);
  });
});
