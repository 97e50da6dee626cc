import { parseArgs } from 'node:util';
import { buildImage, IMAGES } from './build-image.ts';
import { whyNoDocker } from './docker-build.ts';

const HELP = `Builds Semibot's images with the Docker engine of this machine.

  npm run images                    all: ${IMAGES.join(', ')}
  npm run images -- runtime         one
  npm run images -- --verbose       with all that docker build prints`;

const MB = 1e6;

const { values, positionals } = parseArgs({
  options: { verbose: { type: 'boolean' }, help: { type: 'boolean' } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !IMAGES.some((image) => image === name));

async function build(): Promise<void> {
  const reason = await whyNoDocker();
  if (reason) throw new Error(`No Docker engine answers here: ${reason}`);
  for (const image of IMAGES.filter((name) => positionals.length === 0 || positionals.includes(name))) {
    console.log(`Building ${image}`);
    const onOutput = values.verbose ? (text: string) => void process.stdout.write(text) : undefined;
    const { name, bytes, durationMs } = await buildImage(image, onOutput);
    console.log(`  ${name}: ${Math.round(bytes / MB)} MB, ${(durationMs / 1_000).toFixed(1)} s`);
  }
}

if (values.help) console.log(HELP);
else if (unknown.length > 0) {
  console.error(`There is no image ${unknown.join(', ')}.\n\n${HELP}`);
  process.exitCode = 2;
} else {
  await build().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
