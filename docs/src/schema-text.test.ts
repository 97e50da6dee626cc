import { idSchema, type JsonSchema, jsonSchemaOf, tokenSchema } from '@semibot/protocol';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fieldsOf, schemaBlock, typeText } from './schema-text.ts';

const text = (schema: z.ZodType): string => typeText(jsonSchemaOf(schema, { io: 'output' }));
const unknownName = (name: string): JsonSchema => expect.fail(`no schema ${name}`);

describe('the text of a type', () => {
  it('says what strings and numbers may be', () => {
    expect(text(idSchema.describe('Whose.'))).toBe('id');
    expect(text(tokenSchema)).toBe('token');
    expect(text(z.iso.datetime())).toBe('time');
    expect(text(z.string().min(32))).toBe('string (length >= 32)');
    expect(text(z.string().min(1).max(9))).toBe('string (length 1..9)');
    expect(text(z.int())).toBe('integer');
    expect(text(z.int().positive())).toBe('integer >= 1');
    expect(text(z.number().min(0).max(2))).toBe('number 0..2');
  });

  it('says what may be left out and what counts then', () => {
    expect(text(z.object({ mode: z.enum(['a', 'b']).default('a'), note: z.string().optional() }))).toBe(
      '{mode?: "a" | "b" = "a", note?: string}',
    );
  });

  it('tells arrays, unions and what can be anything', () => {
    expect(text(z.array(idSchema))).toBe('id[]');
    expect(text(z.array(z.enum(['a', 'b'])))).toBe('("a" | "b")[]');
    expect(text(idSchema.nullable())).toBe('id | null');
    expect(text(z.unknown())).toBe('any JSON');
  });
});

describe('the fields of an object', () => {
  it('are named by their path through objects and arrays', () => {
    const schema = z.object({ a: z.object({ b: z.string() }), c: z.array(z.object({ d: z.boolean() })) });
    expect(fieldsOf(jsonSchemaOf(schema, { io: 'output' })).map(({ name }) => name)).toEqual([
      'a',
      'a.b',
      'c',
      'c[].d',
    ]);
  });

  it('are told once where all variants of a union have them', () => {
    const schema = z.discriminatedUnion('type', [
      z.object({ type: z.literal('one'), id: idSchema }),
      z.object({ type: z.literal('two'), id: idSchema, note: z.string().optional() }),
    ]);
    expect(schemaBlock(jsonSchemaOf(schema, { io: 'output' }), unknownName)).toBe(
      [
        '| field | type |\n| --- | --- |\n| `id` | `id` |',
        '| `type` | and |\n| --- | --- |\n| `one` | - |\n| `two` | `note?: string` |',
      ].join('\n\n'),
    );
  });
});
