import { z } from 'zod';
import { pageMetaSchema } from './define-route.ts';
import { EVENT_SCHEMAS, resyncSchema, sessionEventSchema } from './events.ts';
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts';
import { commandSchema } from './messages/commands.ts';
import { modelConfigSchema } from './messages/requests.ts';
import { agentSchema } from './routes/agents.ts';
import { userSchema } from './routes/auth.ts';
import { messageSchema } from './routes/messages.ts';
import { runSchema } from './routes/runs.ts';
import { sessionSchema } from './routes/sessions.ts';
import { vmStatusSchema } from './routes/vm.ts';

/** The schemas that documents know by a name. */
const names = z.registry<{ id: string }>();
names.add(userSchema, { id: 'User' });
names.add(agentSchema, { id: 'Agent' });
names.add(modelConfigSchema, { id: 'ModelConfig' });
names.add(sessionSchema, { id: 'Session' });
names.add(messageSchema, { id: 'Message' });
names.add(runSchema, { id: 'Run' });
names.add(vmStatusSchema, { id: 'VmStatus' });
names.add(pageMetaSchema, { id: 'PageMeta' });
names.add(commandSchema, { id: 'Command' });
names.add(sessionEventSchema, { id: 'SessionEvent' });
names.add(resyncSchema, { id: 'Resync' });
/** `text_chunk` becomes `TextChunkEvent`. */
for (const [type, schema] of Object.entries(EVENT_SCHEMAS))
  names.add(schema, {
    id: `${type.replaceAll(/(?:^|_)([a-z])/g, (_, letter) => letter.toUpperCase())}Event`,
  });

/** Makes the schemas of one document, and keeps those with a name for its `components.schemas`. */
export interface SchemaCollector {
  /** The schema of what a receiver gets; its named parts are references into the document. */
  collect(schema: z.ZodType): JsonSchema;
  /** The named schemas so far, by name in alphabetical order. */
  named(): Record<string, JsonSchema>;
}

export function schemaCollector(): SchemaCollector {
  const collected = new Map<string, JsonSchema>();
  return {
    collect(schema) {
      // Wrapped, so that a schema which has a name itself becomes a reference too.
      const wrapped = jsonSchemaOf(z.object({ schema }), { io: 'output', names });
      const text = JSON.stringify(wrapped).replaceAll('"#/$defs/', '"#/components/schemas/');
      const { $defs = {}, properties = {} }: JsonSchema = JSON.parse(text);
      for (const [name, { id: _, ...definition }] of Object.entries($defs)) collected.set(name, definition);
      return properties.schema as JsonSchema;
    },
    named: () => Object.fromEntries([...collected].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
