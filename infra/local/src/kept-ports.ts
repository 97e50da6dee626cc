import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { findFreePort, isPortFree } from './free-port.ts';
import { writeWhole } from './write-whole.ts';

const portSchema = z.int().min(1).max(65_535);
const keptPortsSchema = z.object({ nats: portSchema, postgres: portSchema });
export type KeptPorts = z.infer<typeof keptPortsSchema>;

/** The ports of NATS and PostgreSQL: chosen once and kept in the file; one that others have taken is chosen anew. */
export async function keepPorts(file: string): Promise<KeptPorts> {
  const kept = await readFile(file, 'utf8').then(
    (text) => keptPortsSchema.safeParse(JSON.parse(text)).data,
    () => undefined,
  );
  const ports = { nats: await still(kept?.nats), postgres: await still(kept?.postgres) };
  await writeWhole(file, `${JSON.stringify(ports)}\n`);
  return ports;
}

const still = async (port: number | undefined): Promise<number> =>
  port !== undefined && (await isPortFree(port)) ? port : findFreePort();
