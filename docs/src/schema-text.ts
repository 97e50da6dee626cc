import { type JsonSchema, jsonSchemaOf, runErrorCodeSchema, tokenSchema } from '@semibot/protocol';
import { code, table } from './markdown.ts';

/** One field of an object, named by its path: `outcome`, `model.provider`, `turns[].text`. */
export interface Field {
  name: string;
  type: string;
  required: boolean;
  description: string;
}

/** Patterns that have a name. */
const TOKEN_PATTERN = jsonSchemaOf(tokenSchema, { io: 'input' }).pattern;
const CODE_PATTERN = jsonSchemaOf(runErrorCodeSchema, { io: 'input' }).pattern;

function range(least: number | undefined, most: number | undefined): string {
  if (least !== undefined && most !== undefined) return `${least}..${most}`;
  if (least !== undefined) return `>= ${least}`;
  return most === undefined ? '' : `<= ${most}`;
}

function stringText(schema: JsonSchema): string {
  if (schema.format === 'uuid') return 'id';
  if (schema.format === 'date-time') return 'time';
  if (schema.format) return schema.format;
  if (schema.pattern === TOKEN_PATTERN) return 'token';
  if (schema.pattern === CODE_PATTERN) return 'CODE';
  if (schema.pattern) return `string /${schema.pattern}/`;
  const least = schema.minLength === 1 && schema.maxLength === undefined ? undefined : schema.minLength;
  const length = range(least, schema.maxLength);
  return length ? `string (length ${length})` : 'string';
}

function numberText(schema: JsonSchema): string {
  const least = schema.minimum ?? (schema.exclusiveMinimum === 0 ? 1 : undefined);
  return [schema.type, range(least, schema.maximum)].filter(Boolean).join(' ');
}

/** Whether a sender may leave the field out: what has a default may be, also where a receiver always gets it. */
const optional = (schema: JsonSchema, name: string): boolean =>
  !schema.required?.includes(name) ||
  (schema.properties?.[name] as JsonSchema | undefined)?.default !== undefined;

/** An object on one line: `{id: id, title?: string}`. */
function objectText(schema: JsonSchema): string {
  const fields = Object.entries(schema.properties ?? {}).map(
    ([name, field]) => `${name}${optional(schema, name) ? '?' : ''}: ${typeText(field as JsonSchema)}`,
  );
  return `{${fields.join(', ')}}`;
}

/** What a value is, on one line: `integer 1..100 = 20`, `"queue" | "steer"`, `Session[]`. */
export function typeText(schema: JsonSchema): string {
  const preset = schema.default === undefined ? '' : ` = ${JSON.stringify(schema.default)}`;
  return bareType(schema) + preset;
}

function bareType(schema: JsonSchema): string {
  if (schema.$ref) return schema.$ref.split('/').at(-1) ?? '';
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const union = schema.oneOf ?? schema.anyOf;
  if (union) return union.map((variant) => typeText(variant as JsonSchema)).join(' | ');
  if (schema.type === 'array') return `${elementText(schema)}[]`;
  if (schema.type === 'object') return objectText(schema);
  if (schema.type === 'string') return stringText(schema);
  if (schema.type === 'integer' || schema.type === 'number') return numberText(schema);
  return schema.type === undefined ? 'any JSON' : [schema.type].flat().join(' | ');
}

function elementText(schema: JsonSchema): string {
  const text = typeText((schema.items ?? {}) as JsonSchema);
  return text.includes(' ') && !text.startsWith('{') ? `(${text})` : text;
}

/** The fields of an object, those of objects within it too. */
export function fieldsOf(schema: JsonSchema, prefix = ''): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const field = value as JsonSchema;
    const name = `${prefix}${key}`;
    const required = !optional(schema, key);
    const description = field.description ?? '';
    if (field.type === 'object' && field.properties)
      return [{ name, type: 'object', required, description }, ...fieldsOf(field, `${name}.`)];
    const items = (field.items ?? {}) as JsonSchema;
    if (field.type === 'array' && items.properties)
      return [{ name, type: 'object[]', required, description }, ...fieldsOf(items, `${name}[].`)];
    return [{ name, type: typeText(field), required, description }];
  });
}

function fieldTable(fields: Field[]): string {
  const rows = fields.map(({ name, type, required, description }) => [
    code(name),
    code(type),
    [required ? '' : 'optional', description].filter(Boolean).join('; '),
  ]);
  return rows.some(([, , note]) => note)
    ? table(['field', 'type', 'note'], rows)
    : table(
        ['field', 'type'],
        rows.map((row) => row.slice(0, 2)),
      );
}

/** A schema as a table of its fields; a union of objects told by `type` as what all have and what each has more. */
export function schemaBlock(schema: JsonSchema, resolve: (name: string) => JsonSchema): string {
  const follow = (given: JsonSchema): JsonSchema =>
    given.$ref ? resolve(given.$ref.split('/').at(-1) ?? '') : given;
  const target = follow(schema);
  if (target.properties) return fieldTable(fieldsOf(target));
  if (!target.oneOf) return `Payload: ${code(typeText(target))}.`;
  const variants = target.oneOf.map((variant) => follow(variant as JsonSchema));
  const [first, ...others] = variants.map((variant) => fieldsOf(variant));
  const shared = (first ?? []).filter((field) =>
    others.every((fields) => fields.some(({ name, type }) => name === field.name && type === field.type)),
  );
  const isShared = (name: string): boolean => shared.some((field) => field.name === name);
  const rows = variants.map((variant) => {
    const own = Object.entries(variant.properties ?? {})
      .filter(([name]) => name !== 'type' && !isShared(name))
      .map(
        ([name, field]) => `${name}${optional(variant, name) ? '?' : ''}: ${typeText(field as JsonSchema)}`,
      );
    return [
      code(String((variant.properties?.type as JsonSchema | undefined)?.const)),
      own.map(code).join(', '),
    ];
  });
  return [fieldTable(shared), table([code('type'), 'and'], rows)].join('\n\n');
}
