import { readFile, writeFile } from 'node:fs/promises';

const FILE = new URL('./RESULTS.md', import.meta.url);

/** Puts a suite's section into RESULTS.md, in place of its older one; those of the other suites stay. */
export async function writeSection(suite: string, text: string): Promise<void> {
  const [begin, end] = [`<!-- ${suite} -->`, `<!-- /${suite} -->`];
  const section = `${begin}\n${text.trim()}\n${end}\n`;
  const old = await readFile(FILE, 'utf8').catch(() => '');
  const from = old.indexOf(begin);
  const to = old.indexOf(end, from);
  const next =
    from >= 0 && to >= 0
      ? old.slice(0, from) + section + old.slice(to + end.length).replace(/^\n/, '')
      : `${old}${old === '' ? '' : '\n'}${section}`;
  await writeFile(FILE, next);
}
