import { readFileSync } from 'node:fs';
import { newId } from '@semibot/protocol';
import { connectAsRuntime } from './hand-runtime.ts';

/**
 * A program that drivers can start in place of the runtime: it prints its environment's names and its arguments, says
 * that it is ready, and lives. LANG changes that, because a runtime inherits so little: `exit <code>` ends it at once,
 * `idle` keeps it off the bus, `sleepy` has it say that it has had nothing to do for long.
 */
const env = process.env;
const LONG_IDLE_MS = 24 * 60 * 60_000;
process.title = `semibot-runtime-${env.VM_USER_ID}`;
if (env.LANG?.startsWith('exit ')) process.exit(Number(env.LANG.slice(5)));
console.log(JSON.stringify({ env: Object.keys(env).sort(), argv: process.argv }));
if (env.LANG === 'idle') setInterval(() => {}, 60_000);
else {
  const secrets = env.VM_SECRETS_FILE ? JSON.parse(readFileSync(env.VM_SECRETS_FILE, 'utf8')) : env;
  const client = await connectAsRuntime(
    env.NATS_URL ?? '',
    {
      userId: env.VM_USER_ID ?? '',
      instanceId: env.VM_INSTANCE_ID ?? '',
      token: secrets.VM_TOKEN ?? '',
      ticket: secrets.VM_TICKET ?? '',
    },
    { bootId: newId(), reconnect: true },
  );
  await client.sayReady();
  await client.beat(undefined, env.LANG === 'sleepy' ? LONG_IDLE_MS : 0);
}
