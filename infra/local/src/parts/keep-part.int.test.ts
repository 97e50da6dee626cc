import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backoffMs, type KeptPart, keepPart } from './keep-part.ts';
import type { Part } from './part.ts';
import { commandLineOf, readPidFile } from './process-identity.ts';

describe('a part that is kept running', () => {
  let dir: string;
  let kept: KeptPart | null;
  let events: { text: string; next: PromiseWithResolvers<void> };

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'semibot-keep-'));
    kept = null;
    events = { text: '', next: Promise.withResolvers() };
  });
  afterEach(async () => {
    await kept?.stop(1_000);
    await rm(dir, { recursive: true, force: true });
  });

  const pidFile = (): string => join(dir, 'part.pid');
  const part = (script: string): Part => ({
    name: 'part',
    command: { command: process.execPath, args: ['-e', script], logFile: join(dir, 'part.log') },
    isReady: async () => (await readFile(join(dir, 'part.log'), 'utf8')).includes('ready'),
  });
  const keep = (script: string): KeptPart => {
    kept = keepPart(part(script), {
      pidFile: pidFile(),
      onEvent: (text) => {
        events.text += text;
        events.next.resolve();
        events.next = Promise.withResolvers();
      },
    });
    return kept;
  };
  /** The pid file's pid once it is another. */
  const pidAfter = async (old: number | null): Promise<number> => {
    for (;;) {
      const pid = await readPidFile(pidFile());
      if (pid !== null && pid !== old) return pid;
      await new Promise(setImmediate);
    }
  };
  const forever = 'console.log("ready"); setInterval(() => {}, 1000)';

  it('is started again under a new pid when it dies, and says why', async () => {
    await keep(forever).ready;
    const first = await pidAfter(null);
    const told = events.next.promise;
    process.kill(first, 'SIGKILL');
    await told;
    expect(events.text).toBe('part was ended by SIGKILL; starting it again in 200 ms');
    const second = await pidAfter(first);
    expect(await commandLineOf(first)).toBeNull();
    expect(await commandLineOf(second)).toContain('setInterval');
  });

  it('is gone with its pid file when it is stopped, also where it does not listen or is paused', async () => {
    await keep(`process.on("SIGTERM", () => {}); ${forever}`).ready;
    const pid = await pidAfter(null);
    process.kill(pid, 'SIGSTOP');
    await kept?.stop(100);
    expect(await commandLineOf(pid)).toBeNull();
    expect(await readPidFile(pidFile())).toBeNull();
    expect(events.text).toBe('');
  });

  it('is not kept when its first start fails, and tells the end of its log', async () => {
    await expect(keep('console.error("no such luck"); process.exit(3)').ready).rejects.toThrow(
      /part ended at its start:\nno such luck/,
    );
    await kept?.stop(100);
    expect(events.text).toBe('');
  });

  it('waits from 0.2 s to 5 s between its starts', () => {
    expect([0, 1, 2, 3, 4, 5, 60].map(backoffMs)).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  });
});
