import { chmod, mkdir, rename, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const LOG_MAX_BYTES = 16 * 1024 ** 2;

/** Where things lie in the data folder. */
export interface DataFolder {
  path: string;
  /** `<part>.pid`, `info.json`. */
  run: string;
  logs: string;
  secrets: string;
  nats: string;
  postgres: string;
  /** Compiled code of the services, for faster starts. It is executed as found: this account's alone, as the secrets. */
  serviceCache: string;
  pidFile(part: string): string;
  logFile(part: string): string;
}

/** Makes the data folder with its subfolders; throws a text for people where that is not allowed. */
export async function openDataFolder(path: string): Promise<DataFolder> {
  const root = resolve(path);
  const folder: DataFolder = {
    path: root,
    run: join(root, 'run'),
    logs: join(root, 'logs'),
    secrets: join(root, 'secrets'),
    nats: join(root, 'nats'),
    postgres: join(root, 'postgres'),
    serviceCache: join(root, 'cache', 'services'),
    pidFile: (part) => join(root, 'run', `${part}.pid`),
    logFile: (part) => join(root, 'logs', `${part}.log`),
  };
  try {
    for (const name of [root, folder.run, folder.logs]) await mkdir(name, { recursive: true });
    for (const name of [folder.secrets, folder.serviceCache]) {
      await mkdir(name, { recursive: true, mode: 0o700 });
      await chmod(name, 0o700);
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The data folder ${root} cannot be used by this user: ${reason}`, { cause });
  }
  return folder;
}

/** Sets a log aside that has grown large; one older log is kept. */
export async function rotateLog(file: string): Promise<void> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOG_MAX_BYTES) await rename(file, `${file}.1`);
}
