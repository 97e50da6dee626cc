import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type LocalConfig, readLocalConfig } from './config.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const PLACES = [
  '/usr/bin/chromium',
  '/snap/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** How to get a browser, for those who have none. */
export const CHROMIUM_ADVICE =
  'There is no Chromium for the browser tests: install one (Debian: apt-get install chromium) or set CHROMIUM_BIN.';

/** A Chromium or Chrome of this machine: CHROMIUM_BIN, one of the PATH, one of the usual places; or null. */
export async function findChromium(
  config: Pick<LocalConfig, 'CHROMIUM_BIN' | 'PATH'> = readLocalConfig(),
): Promise<string | null> {
  const folders = config.PATH.split(delimiter).filter(Boolean);
  const onPath = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const candidates = config.CHROMIUM_BIN ? [config.CHROMIUM_BIN] : [...onPath, ...PLACES];
  for (const file of candidates) {
    const runs = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return file;
  }
  return null;
}
