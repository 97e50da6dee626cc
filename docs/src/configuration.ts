import { jsonSchemaOf } from '@semibot/protocol';
import type { z } from 'zod';
import { code, GENERATED, page, table } from './markdown.ts';
import { fieldsOf } from './schema-text.ts';

/** A part with the variables that it reads. */
export interface PartConfig {
  name: string;
  schema: z.ZodObject;
}

/** `docs/CONFIGURATION.md`: every environment variable, by the part that reads it. */
export function renderConfiguration(parts: PartConfig[]): string {
  return page(
    GENERATED,
    '# Configuration',
    'Each part reads its environment when it starts, and does not start with one that it cannot use: it lists every bad ' +
      'variable. An empty variable counts as missing. `npm start` sets all of them by itself; its own are under `local`.',
    ...parts.flatMap(({ name, schema }) => [`## ${name}`, variables(schema)]),
  );
}

function variables(schema: z.ZodObject): string {
  return table(
    ['variable', 'value', 'what'],
    fieldsOf(jsonSchemaOf(schema, { io: 'input' })).map(({ name, type, required, description }) => [
      code(name),
      code(type),
      [required ? 'Required.' : '', description].filter(Boolean).join(' '),
    ]),
  );
}
