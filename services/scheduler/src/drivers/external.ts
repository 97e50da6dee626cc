import type { Driver, RuntimeStart } from './driver.ts';

/** Runtimes on machines of the users' own, which they start themselves: nothing is started here. */
export function createExternalDriver(): Driver {
  return {
    mode: 'external',
    sees: false,
    spawn: async ({ userId }) => ({ vmId: `external-${userId}`, ended: new Promise<string>(() => {}) }),
    find: async () => null,
    kill: async () => {},
    freeze: async () => false,
    thaw: async () => false,
  };
}

/** What is told to one who has not asked for a ticket yet. */
export const EXTERNAL_ADVICE =
  'Your runtime runs on a machine of your own. `POST /api/v1/vm/rebootstrap`, or `npm run vm -- rebootstrap <user>`, ' +
  'gives the command that starts it, with a ticket that is good once and for ten minutes.';

/** The command for the user's own machine. It holds secrets, on its input alone: no process list shows them. */
export function externalInstructions(start: Omit<RuntimeStart, 'force'>, natsUrl: string): string {
  const variables = {
    NATS_URL: natsUrl,
    VM_USER_ID: start.userId,
    VM_ORG_ID: start.orgId,
    VM_INSTANCE_ID: start.instanceId,
    VM_SECRETS_FILE: '/dev/stdin',
    SEMIBOT_DATA_DIR: '.semibot-runtime',
  };
  return [
    '# On your machine, in a checkout of Semibot after `npm ci`, within ten minutes:',
    `${Object.entries(variables)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')} npx node services/runtime/src/main.ts <<'SECRETS'`,
    JSON.stringify({ VM_TOKEN: start.token, VM_TICKET: start.ticket }),
    'SECRETS',
  ].join('\n');
}
