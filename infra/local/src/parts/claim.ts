import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataFolder } from '../data-folder.ts';
import { commandLineOf, readPidFile } from './process-identity.ts';

/** The title of the process that starts the parts and looks after them. */
export const SUPERVISOR_TITLE = 'semibot';
const isSupervisor = (commandLine: string | null): boolean =>
  commandLine !== null &&
  (/^semibot( |$)/.test(commandLine) || commandLine.includes('infra/local/src/start.ts'));

/**
 * Takes the data folder for this process. Throws a text for people where another one that lives has it. Returns
 * how to give it back.
 */
export async function claimDataFolder(data: DataFolder): Promise<() => Promise<void>> {
  const file = data.pidFile('semibot');
  const holder = await readPidFile(file);
  if (holder !== null && holder !== process.pid) {
    if (isSupervisor(await commandLineOf(holder))) throw new Error(await runsAlready(data, holder));
    await rm(file, { force: true });
  }
  try {
    await writeFile(file, `${process.pid}\n`, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    throw new Error(await runsAlready(data, await readPidFile(file)), { cause });
  }
  return () => rm(file, { force: true });
}

async function runsAlready(data: DataFolder, pid: number | null): Promise<string> {
  const info = await readFile(join(data.run, 'info.json'), 'utf8').catch(() => '');
  const url = /"url": ?"([^"]+)"/.exec(info)?.[1];
  return `Semibot runs on the data folder ${data.path} already (process ${pid}${url ? `, ${url}` : ''}). Stop it first, or choose another folder with --data.`;
}
