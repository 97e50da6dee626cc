import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { difference } from './src/difference.ts';
import { generatePages } from './src/pages.ts';

const HELP = `Writes the pages of docs/ that come from code: SUBJECTS.md, API.md, CONFIGURATION.md, asyncapi.json, openapi.json.

  npm run docs           write them
  npm run docs:check     --check: write nothing, and fail where one on disk is not what the code says
  --help                 this text`;

const folder = import.meta.dirname;

const readOrNull = (name: string): Promise<string | null> =>
  readFile(join(folder, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });

async function write(pages: Map<string, string>): Promise<void> {
  for (const [name, content] of pages) {
    if ((await readOrNull(name)) === content) continue;
    await writeFile(join(folder, name), content);
    console.log(`wrote docs/${name}`);
  }
}

async function check(pages: Map<string, string>): Promise<boolean> {
  const found: string[] = [];
  for (const [name, content] of pages) {
    const text = difference(name, await readOrNull(name), content);
    if (text) found.push(text);
  }
  if (found.length === 0) console.log(`docs: ${pages.size} generated pages are what the code says`);
  else console.error(`${found.join('\n')}\nRun "npm run docs" and commit what it writes.`);
  return found.length === 0;
}

const { values } = parseArgs({ options: { check: { type: 'boolean' }, help: { type: 'boolean' } } });
if (values.help) console.log(HELP);
else {
  const pages = await generatePages(dirname(folder));
  if (!values.check) await write(pages);
  else if (!(await check(pages))) process.exitCode = 1;
}
