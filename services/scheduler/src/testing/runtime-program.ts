import { newId } from '@semibot/protocol';
import { connectAsRuntime } from './hand-runtime.ts';

/**
 * A program that the process driver can start in place of the runtime: it says that it is ready and lives, or ends at
 * once with the code in LANG. LANG, because a runtime inherits so little.
 */
const env = process.env;
process.title = `semibot-runtime-${env.VM_USER_ID}`;
if (env.LANG?.startsWith('exit ')) process.exit(Number(env.LANG.slice(5)));
console.log(JSON.stringify({ env: Object.keys(env).sort(), argv: process.argv }));
const client = await connectAsRuntime(
  env.NATS_URL ?? '',
  {
    userId: env.VM_USER_ID ?? '',
    instanceId: env.VM_INSTANCE_ID ?? '',
    token: env.VM_TOKEN ?? '',
    ticket: env.VM_TICKET ?? '',
  },
  { bootId: newId(), reconnect: true },
);
await client.sayReady();
await client.beat();
