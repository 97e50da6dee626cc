import { z } from 'zod';
import { cursorSchema } from './cursor.ts';
import { idSchema } from './ids.ts';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

const patternOf = (schema: z.ZodType): string | undefined => z.toJSONSchema(schema).pattern;
const ID_PATTERN = patternOf(idSchema);
const CURSOR_PATTERN = patternOf(cursorSchema);

/**
 * The JSON Schema (2020-12) of what a sender may write (`input`: defaults may be left out) or a receiver gets
 * (`output`), said for readers: ids and cursors by what they are, no bounds that only say "a safe integer", and open
 * for fields that a later version adds. Schemas in `names` become `#/$defs/<id>`.
 */
export function jsonSchemaOf(
  schema: z.ZodType,
  options: { io: 'input' | 'output'; names?: z.core.$ZodRegistry<{ id: string }> },
): JsonSchema {
  const { $schema: _, ...result } = z.toJSONSchema(schema, {
    io: options.io,
    unrepresentable: 'any',
    ...(options.names ? { metadata: options.names } : {}),
    override: ({ jsonSchema }) => {
      if (jsonSchema.pattern === ID_PATTERN) jsonSchema.format = 'uuid';
      // Opaque to clients: how it is made is none of their business.
      if (jsonSchema.pattern === CURSOR_PATTERN) jsonSchema.format = 'cursor';
      if (jsonSchema.format) delete jsonSchema.pattern;
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return result;
}
