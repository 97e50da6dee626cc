import type { ReplayedStream, Replayer, StoredEntry } from './replayer.ts';

/** All that is kept of a subject after a sequence, page by page, oldest first. */
export async function* replay(
  replayer: Replayer,
  stream: ReplayedStream,
  subject: string,
  after: number,
): AsyncGenerator<StoredEntry[]> {
  let position = after;
  for (;;) {
    const { entries, complete } = await replayer.page(stream, subject, position);
    if (entries.length > 0) yield entries;
    if (complete) return;
    position = entries.at(-1)?.sequence ?? position;
  }
}
