import { z } from 'zod';
import { cursorSchema } from './cursor.ts';
import { idSchema } from './ids.ts';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

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
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === idSchema) become(jsonSchema, { type: 'string', format: 'uuid' });
      if (zodSchema === cursorSchema)
        become(jsonSchema, { type: 'string', description: 'A log position, opaque to clients.' });
      if (jsonSchema.format) delete jsonSchema.pattern;
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return result;
}

function become(schema: JsonSchema, other: JsonSchema): void {
  for (const key of Object.keys(schema)) delete schema[key];
  Object.assign(schema, other);
}
