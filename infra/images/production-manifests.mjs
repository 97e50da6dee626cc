// Takes the development dependencies out of the manifests and the lock file of the folder that is named. npm leaves
// those of a workspace out by --omit=dev, but not what a workspace among them needs in its turn.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
const change = (file, edit) => {
  const path = join(folder, file);
  const content = JSON.parse(readFileSync(path, 'utf8'));
  edit(content);
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);
};
const withoutDevelopment = (manifest) => delete manifest.devDependencies;

for (const file of globSync('**/package.json', { cwd: folder })) change(file, withoutDevelopment);
change('package-lock.json', ({ packages }) => Object.values(packages).forEach(withoutDevelopment));
