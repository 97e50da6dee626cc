import specs from '@asyncapi/specs';
import { MESSAGES, REQUESTS } from '@semibot/protocol';
import { Ajv, type AnySchema } from 'ajv';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { asyncApiDocument } from './asyncapi.ts';

const document = asyncApiDocument('1.2.3');

const at = (pointer: string): unknown =>
  pointer
    .slice('#/'.length)
    .split('/')
    .reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], document);

describe('the AsyncAPI document', () => {
  it('is one by the official schema', () => {
    const ajv = new Ajv({ strict: false, allErrors: true });
    formats.default(ajv);
    const validate = ajv.compile(specs.schemasWithoutId['3.0.0'] as AnySchema);
    validate(document);
    expect(validate.errors).toBeNull();
  });

  it('refers to nothing that it does not hold', () => {
    const pointers = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref = '']) => ref);
    expect(pointers.length).toBeGreaterThan(MESSAGES.length);
    for (const pointer of pointers) expect(at(pointer), pointer).toBeDefined();
  });

  it('tells every message and every method of a request, with who sends and who receives', () => {
    const operations = Object.keys(document.operations);
    for (const message of MESSAGES.filter(({ name }) => name !== 'request')) {
      expect(document.channels).toHaveProperty(message.name);
      for (const part of message.from) expect(operations).toContain(`${part}.send.${message.name}`);
      for (const part of message.to) expect(operations).toContain(`${part}.receive.${message.name}`);
    }
    for (const method of Object.keys(REQUESTS))
      expect(operations).toContain(`runtime.send.request.${method}`);
  });

  it('tells the calls between services with those who may make them', () => {
    expect(Object.keys(document.operations)).toEqual(
      expect.arrayContaining(['relay.send.api.chat.messages.post', 'chat.send.api.scheduler.vm.ensure']),
    );
    expect(document.operations).not.toHaveProperty(['relay.send.api.scheduler.vm.ensure']);
  });
});
