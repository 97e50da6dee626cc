import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepPicture, noBrowser, openBrowser } from './support/browser.ts';
import { type Client, signInLocally } from './support/client.ts';
import { counted } from './support/expectations.ts';
import { killPart } from './support/kill.ts';
import { Tab } from './support/tab.ts';
import { startTemporarySystem } from './support/temporary-system.ts';

let system: Awaited<ReturnType<typeof startTemporarySystem>>;
let browser: Browser;
let context: BrowserContext;
let client: Client;

const newSystem = async (): Promise<void> => {
  system = await startTemporarySystem();
  client = await signInLocally(system.url);
  browser = await openBrowser();
  context = await browser.newContext({ locale: 'en-US' });
};

const answers = (page: Page) => page.locator('[data-run-id]');
/** The numbers that a page shows as its last answer. */
const shown = async (page: Page): Promise<string> =>
  (await answers(page).last().getByTestId('answer-text').innerText()).trim().replaceAll(/\s+/g, ' ');

async function send(page: Page, message: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(message);
  await page.getByRole('button', { name: 'Send' }).click();
}

/** The last answer shows this number, and the page is still at it. */
const hasCounted = (page: Page, number: number) =>
  page.waitForFunction(
    (wanted) => [...document.querySelectorAll('[data-run-id]')].at(-1)?.textContent?.includes(` ${wanted} `),
    number,
  );
const hasStatus = (page: Page, status: string) =>
  page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll('[data-run-id]')].at(-1)?.getAttribute('data-status') === wanted,
    status,
  );
const sessionIdOf = (page: Page): string => /[0-9a-f-]{36}/.exec(page.url())?.[0] ?? '';

describe.skipIf(noBrowser)(`a person at the page${noBrowser ? ` (${noBrowser})` : ''}`, () => {
  beforeAll(newSystem);
  afterAll(async () => {
    await browser?.close();
    await system?.remove();
  });

  it('sees an answer once and whole, though the page is reloaded in its middle and opened a second time', async () => {
    const page = await context.newPage();
    await page.goto(system.url);
    await send(page, 'count to 200');
    await hasCounted(page, 50);
    await keepPicture(page, 'streaming');
    await page.reload();
    await hasCounted(page, 80);
    const second = await context.newPage();
    await second.goto(page.url());
    await Promise.all([hasStatus(page, 'completed'), hasStatus(second, 'completed')]);
    expect(await shown(page)).toBe(counted(200));
    expect(await shown(second)).toBe(counted(200));
    expect(await answers(page).count()).toBe(1);
    expect(await answers(second).count()).toBe(1);
    await page.close();
    await second.close();
  });

  it('stops an answer from a second tab, and what was written is in the history', async () => {
    const page = await context.newPage();
    await page.goto(system.url);
    await send(page, 'count to 2000');
    await hasCounted(page, 30);
    const second = await context.newPage();
    await second.goto(page.url());
    await hasCounted(second, 40);
    await second.getByRole('button', { name: 'Stop' }).click();
    await Promise.all([hasStatus(page, 'cancelled'), hasStatus(second, 'cancelled')]);
    await keepPicture(second, 'stopped');

    const sessionId = sessionIdOf(page);
    const history = await client.history(sessionId);
    const written = history.at(-1);
    expect(written).toMatchObject({ role: 'assistant', status: 'cancelled' });
    const last = Number(written?.text.split(' ').at(-1));
    expect(last).toBeGreaterThanOrEqual(40);
    expect(written?.text).toBe(counted(last));
    expect(await shown(page)).toBe(counted(last));
    expect(await shown(second)).toBe(counted(last));
    const tab = new Tab(client, sessionId);
    const end = await tab.untilEnd(written?.runId ?? '');
    tab.close();
    expect(end.event).toMatchObject({ type: 'execution_complete', cancelled: true, messageId: written?.id });
    await page.close();
    await second.close();
  });

  it('keeps the tab open while the relay and then the bus are killed, and misses nothing', async () => {
    const page = await context.newPage();
    await page.goto(system.url);
    await send(page, 'count to 300');
    await hasCounted(page, 60);
    await killPart(system, 'relay');
    await page.waitForSelector('[data-connection="reconnecting"]');
    await keepPicture(page, 'reconnecting');
    await page.waitForSelector('[data-connection="live"]');
    await killPart(system, 'nats');
    await hasStatus(page, 'completed');
    expect(await shown(page)).toBe(counted(300));
    expect(await answers(page).count()).toBe(1);
    await page.close();
  });

  it('sends a second message while the first is answered, and gets both answers in turn', async () => {
    const page = await context.newPage();
    await page.goto(system.url);
    await send(page, 'count to 60');
    await hasCounted(page, 10);
    await send(page, 'count to 3');
    await page.waitForFunction(
      () => document.querySelectorAll('[data-run-id][data-status="completed"]').length === 2,
    );
    const texts = await answers(page).getByTestId('answer-text').allInnerTexts();
    expect(texts.map((text) => text.trim().replaceAll(/\s+/g, ' '))).toEqual([counted(60), counted(3)]);
    await page.close();
  });
});
