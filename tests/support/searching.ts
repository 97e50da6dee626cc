import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import type { Bus } from '@semibot/bus';
import { STREAMS } from '@semibot/protocol';

/** A place that was looked at, and what of the texts that were looked for it holds. */
export interface Searched {
  place: string;
  found: string[];
}

const search = (place: string, bytes: Uint8Array, texts: readonly string[]): Searched => {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { place, found: texts.filter((text) => content.includes(text)) };
};

/** Files and processes come and go while they are looked at. */
const readIfThere = (file: string): Promise<Buffer | null> =>
  readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code && ['ENOENT', 'ESRCH', 'EACCES'].includes(error.code)) return null;
    throw error;
  });

/** Every file below a folder. */
export async function searchFiles(folder: string, texts: readonly string[]): Promise<Searched[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const searched: Searched[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const bytes = await readIfThere(file);
    if (bytes) searched.push(search(file, bytes, texts));
  }
  return searched;
}

/** Every message that a stream keeps, with its headers. */
export async function searchStreams(bus: Bus, texts: readonly string[]): Promise<Searched[]> {
  const manager = await jetstreamManager(bus.nc);
  const searched: Searched[] = [];
  for (const stream of Object.keys(STREAMS)) {
    const { state } = await manager.streams.info(stream);
    // One that holds nothing begins at 0, where no message can be.
    for (let seq = Math.max(state.first_seq, 1); seq <= state.last_seq; seq += 1) {
      const message = await manager.streams.getMessage(stream, { seq });
      if (!message) continue;
      const whole = Buffer.concat([Buffer.from(`${message.subject}\n${message.header}\n`), message.data]);
      searched.push(search(`${stream} ${seq} ${message.subject}`, whole, texts));
    }
  }
  return searched;
}

/** The command lines and environments of all processes that may be looked at. */
export async function searchProcesses(texts: readonly string[]): Promise<(Searched & { pid: number })[]> {
  const searched: (Searched & { pid: number })[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    for (const part of ['cmdline', 'environ']) {
      const bytes = await readIfThere(join('/proc', name, part));
      if (bytes) searched.push({ pid: Number(name), ...search(part, bytes, texts) });
    }
  }
  return searched;
}
