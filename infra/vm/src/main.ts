import { connectBus } from '@semibot/bus';
import { inboxPrefix } from '@semibot/protocol';
import { type Access, findAccess } from './config.ts';
import { parseVmOptions, USAGE } from './options.ts';
import { runCommand } from './run-command.ts';

/** A bus that is not there is said so; the connection itself would wait for ever. */
const CONNECT_TIMEOUT_MS = 5_000;

const quiet = { info() {}, warn() {}, error() {} };

async function connect({ servers, nkeySeed }: Access) {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`The bus at ${servers} does not let this command line in.`)),
    CONNECT_TIMEOUT_MS,
  );
  const options = { servers, nkeySeed, name: 'vm', inboxPrefix: inboxPrefix('vmoperator'), logger: quiet };
  return await Promise.race([connectBus(options), late.promise]).finally(() => clearTimeout(timer));
}

function parse(): ReturnType<typeof parseVmOptions> {
  try {
    return parseVmOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${textOf(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const options = parse();
if (!options) process.stdout.write(USAGE);
else {
  try {
    const bus = await connect(await findAccess(options.data));
    process.stdout.write(`${await runCommand(bus, options)}\n`);
    await bus.close();
  } catch (error) {
    process.stderr.write(`${textOf(error)}\n`);
    // A connection that is still being tried would keep the process.
    process.exit(1);
  }
}
