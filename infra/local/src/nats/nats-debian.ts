import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../run-command.ts';
import { testingFromDeb822, testingFromList } from './apt-sources.ts';

const SOURCES = '/etc/apt/sources.list.d';

/**
 * Takes the nats-server of Debian's suite `testing` from the machine's own mirror and unpacks it into a folder:
 * nothing is installed, and the system's own package lists stay as they are. Works as root and as a normal user;
 * apt checks the signatures. Returns the binary's path; throws where the machine is no Debian or the mirror
 * cannot be reached.
 */
export async function unpackDebianNatsServer(into: string): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  if (!/^ID="?debian"?$/m.test(release)) throw new Error('this is not Debian');

  const apt = join(into, 'apt');
  await mkdir(join(apt, 'lists', 'partial'), { recursive: true });
  await mkdir(join(apt, 'cache', 'archives', 'partial'), { recursive: true });
  await mkdir(join(apt, 'sources'));
  await writeSources(join(apt, 'sources'));
  const settings = join(apt, 'apt.conf');
  await writeFile(settings, aptSettings(apt));

  await runCommand('apt-get', ['-c', settings, 'update'], { cwd: apt });
  await runCommand('apt-get', ['-c', settings, 'download', 'nats-server'], { cwd: apt });
  const file = (await readdir(apt)).find((name) => name.startsWith('nats-server_') && name.endsWith('.deb'));
  if (!file) throw new Error('apt-get download brought no package');
  await runCommand('dpkg', ['-x', file, join(into, 'package')], { cwd: apt });
  return join(into, 'package', 'usr', 'sbin', 'nats-server');
}

async function writeSources(folder: string): Promise<void> {
  const names = (await readdir(SOURCES).catch(() => [])).map((name) => join(SOURCES, name));
  let found = 0;
  for (const [index, name] of ['/etc/apt/sources.list', ...names].entries()) {
    const deb822 = name.endsWith('.sources');
    if (!deb822 && !name.endsWith('.list')) continue;
    const text = await readFile(name, 'utf8').catch(() => '');
    const testing = deb822 ? testingFromDeb822(text) : testingFromList(text);
    if (!testing) continue;
    found += 1;
    await writeFile(join(folder, `${index}.${deb822 ? 'sources' : 'list'}`), testing);
  }
  if (found === 0) throw new Error("apt's sources do not name Debian's main archive");
}

/** Read after the machine's own settings, so that its proxies stay and its folders and hooks do not. */
const aptSettings = (apt: string): string => `
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "${apt}/sources";
Dir::State::Lists "${apt}/lists";
Dir::Cache "${apt}/cache";
Acquire::Languages "none";
Acquire::Retries "1";
Acquire::http::Timeout "15";
Acquire::https::Timeout "15";
`;
