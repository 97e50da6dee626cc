import { setTimeout as sleep } from 'node:timers/promises';
import type { HeldFeed } from './feeds.ts';
import type { Reader } from './reader.ts';
import type { ReplayPage, ReplayPages } from './replay-pages.ts';
import type { FeedSession } from './session-feed.ts';

/** A replica of the log that lags behind its leader has the rest soon: how often it is asked, every so many milliseconds. */
const LAG_TRIES_MAX = 20;
const LAG_RETRY_MS = 50;

/**
 * Brings a reader from its position to the present: page by page, each when it has room for it, until its feed has the
 * rest; then it joins the feed, in the same tick, so that nothing is missed and nothing given twice. The next page is
 * asked for before one is sent.
 */
export async function catchUp(
  reader: Reader,
  session: FeedSession,
  after: number,
  tools: { held: HeldFeed; pages: ReplayPages },
): Promise<void> {
  const { held, pages } = tools;
  const read = (position: number): Promise<ReplayPage | undefined> => {
    const page = pages.read(session, position);
    // Whoever waits for it hears of a failure; nobody may.
    page.catch(() => undefined);
    return page;
  };

  let position = after;
  let ahead: Promise<ReplayPage | undefined> | null = null;
  let emptyTries = 0;
  while (!reader.isGone) {
    if (held.open && position >= held.open.floor) {
      held.open.join(reader, position);
      return;
    }
    const page = await (ahead ?? read(position));
    ahead = null;
    if (page) {
      position = page.position;
      emptyTries = 0;
      if (!page.isLast) ahead = read(position);
      await reader.writePage(page.bytes);
      if (page.isLast) await held.feed;
      continue;
    }
    const feed = await held.feed;
    if (position >= feed.floor) continue;
    // Retention has taken what was there, or a replica has not got it yet.
    emptyTries += 1;
    if (emptyTries > LAG_TRIES_MAX) position = feed.floor;
    else await sleep(LAG_RETRY_MS);
  }
}
