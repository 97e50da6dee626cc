import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CHROMIUM_ADVICE, findChromium } from '@semibot/local';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Flags without which a browser in a container as root does not start, and those that keep it at home. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const executablePath = await findChromium();
/** Why the browser tests cannot run here; null where they can. It is printed, so that nobody wonders. */
export const noBrowser: string | null = executablePath ? null : CHROMIUM_ADVICE;
if (noBrowser) console.log(`Browser tests are skipped: ${noBrowser}`);

export async function openBrowser(): Promise<Browser> {
  if (!executablePath) throw new Error(CHROMIUM_ADVICE);
  return await chromium.launch({ executablePath, args: FLAGS });
}

const ARTIFACTS = join(import.meta.dirname, '..', '..', 'test-artifacts');

/** Keeps a picture of what a person sees. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  await mkdir(ARTIFACTS, { recursive: true });
  await page.screenshot({ path: join(ARTIFACTS, `${name}.png`) });
}
