import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DataFolder, openDataFolder } from '../data-folder.ts';
import { claimDataFolder } from './claim.ts';
import { findLeftovers, stopLeftovers } from './leftovers.ts';
import { commandLineOf, readPidFile } from './process-identity.ts';

describe('a data folder whose supervisor was killed', () => {
  let data: DataFolder;
  const pids: number[] = [];

  beforeEach(async () => {
    data = await openDataFolder(await mkdtemp(join(tmpdir(), 'semibot-data-')));
  });
  afterEach(async () => {
    for (const pid of pids.splice(0)) if (await commandLineOf(pid)) process.kill(pid, 'SIGKILL');
    await rm(data.path, { recursive: true, force: true });
  });

  /** A process with this title that has said that it runs. */
  async function processCalled(title: string, script = ''): Promise<number> {
    const text = `process.title = ${JSON.stringify(title)}; ${script}; console.log('up'); setInterval(() => {}, 1000)`;
    const child = spawn(process.execPath, ['-e', text, 'some more arguments, so that the title fits'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const pid = child.pid ?? 0;
    pids.push(pid);
    return pid;
  }
  const exists = (file: string): Promise<boolean> =>
    access(file).then(
      () => true,
      () => false,
    );

  it('has its parts that live on found and stopped, one that does not listen too', async () => {
    const chat = await processCalled('semibot-chat');
    const runtime = await processCalled('semibot-runtime-abc', "process.on('SIGTERM', () => {})");
    await writeFile(data.pidFile('chat'), `${chat}\n`);
    await writeFile(data.pidFile('runtime-abc'), `${runtime}\n`);
    const found = await findLeftovers(data, () => true);
    expect(found).toEqual(
      expect.arrayContaining([
        { part: 'chat', pid: chat },
        { part: 'runtime-abc', pid: runtime },
      ]),
    );
    await stopLeftovers(data, found, 300);
    expect(await commandLineOf(chat)).toBeNull();
    expect(await commandLineOf(runtime)).toBeNull();
    expect(await exists(data.pidFile('chat'))).toBe(false);
  });

  it('has a pid file removed whose pid is another program by now, which goes on', async () => {
    const stranger = await processCalled('a-stranger');
    await writeFile(data.pidFile('relay'), `${stranger}\n`);
    await writeFile(data.pidFile('nats'), 'no number');
    expect(await findLeftovers(data, () => true)).toEqual([]);
    expect(await commandLineOf(stranger)).toContain('a-stranger');
    expect(await exists(data.pidFile('relay'))).toBe(false);
  });

  it('is taken over by the next start, but not while another one lives', async () => {
    await writeFile(data.pidFile('semibot'), '999999999\n');
    const release = await claimDataFolder(data);
    expect(await readPidFile(data.pidFile('semibot'))).toBe(process.pid);
    await release();

    const other = await processCalled('semibot');
    await writeFile(data.pidFile('semibot'), `${other}\n`);
    await writeFile(join(data.run, 'info.json'), '{ "url": "http://127.0.0.1:3000" }');
    await expect(claimDataFolder(data)).rejects.toThrow(
      `runs on the data folder ${data.path} already (process ${other}, http://127.0.0.1:3000)`,
    );
    expect(await readPidFile(data.pidFile('semibot'))).toBe(other);
  });
});
