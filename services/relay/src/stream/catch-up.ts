import { setTimeout as sleep } from 'node:timers/promises';
import type { Reader } from './reader.ts';
import type { ReplayPages } from './replay-pages.ts';
import type { FeedSession, SessionFeed } from './session-feed.ts';

/** A replica of the log that lags behind its leader has the rest soon: how often it is asked, every so many milliseconds. */
const LAG_TRIES_MAX = 20;
const LAG_RETRY_MS = 50;

/**
 * Brings a reader from its position to the present: page by page, each when it has room for it, until its feed has the
 * rest; then it joins the feed, in the same tick, so that nothing is missed and nothing given twice.
 */
export async function catchUp(
  reader: Reader,
  session: FeedSession,
  after: number,
  tools: { feed: SessionFeed; pages: ReplayPages },
): Promise<void> {
  const { feed, pages } = tools;
  let position = after;
  let emptyTries = 0;
  while (!reader.isGone && position < feed.floor) {
    const page = await pages.read(session, position);
    if (page) {
      emptyTries = 0;
      position = page.position;
      await reader.writePage(page.bytes);
    } else if (emptyTries < LAG_TRIES_MAX) {
      emptyTries += 1;
      await sleep(LAG_RETRY_MS);
    } else {
      // Retention has taken what was there.
      position = feed.floor;
    }
  }
  if (!reader.isGone) feed.join(reader, position);
}
