import {
  limits,
  OPERATOR_RIGHTS,
  type Rights,
  RUNTIME_IMPORTS,
  SERVICE_RIGHTS,
  VM_OPERATOR_RIGHTS,
} from '@semibot/protocol';
import type { NatsKeys } from './nats-keys.ts';

export interface NatsConfOptions {
  port: number;
  monitorPort: number;
  storeDir: string;
  pidFile: string;
  keys: NatsKeys;
  /** How often JetStream syncs its files to the disk, as `2m`, or after each write: `always`. */
  syncInterval?: string;
}

const CALLOUT_TIMEOUT_S = 3;
/** A reply right ends with the longest request (FEATURES part 7: `mcp_call`). */
const RESPONSE_EXPIRY = '2m';

/**
 * The server's configuration: the accounts and who may do what in them. It holds public keys only.
 *
 * APP has the services and JetStream; RT the runtimes, which the scheduler lets in through the auth callout and
 * which see of APP exactly the imported subjects; AUTH the callout; SYS the server's own.
 */
export function renderNatsConf(options: NatsConfOptions): string {
  const { keys } = options;
  const { chat, relay, scheduler } = SERVICE_RIGHTS;
  return `# Made by npm start; changes are overwritten.
listen: "127.0.0.1:${options.port}"
http: "127.0.0.1:${options.monitorPort}"
server_name: semibot
pid_file: ${quote(options.pidFile)}
max_payload: ${limits.BUS_PAYLOAD_MAX_BYTES}
jetstream {
  store_dir: ${quote(options.storeDir)}
  max_file: 16GB
  max_mem: 64MB
  sync_interval: ${quote(options.syncInterval ?? '2m')}
}
accounts {
  APP {
    jetstream: enabled
    users: [
      ${userWith(keys.relay, relay, false)}
      ${userWith(keys.chat, chat, true)}
      ${userWith(keys.scheduler, scheduler, true)}
      { nkey: ${keys.setup.publicKey} }
      ${userWith(keys.operator, OPERATOR_RIGHTS, false)}
      ${userWith(keys.vmOperator, VM_OPERATOR_RIGHTS, false)}
    ]
    exports: [
      ${RUNTIME_IMPORTS.services.map(({ from }) => `{ service: ${quote(from)} }`).join('\n      ')}
      ${RUNTIME_IMPORTS.streams.map(({ from }) => `{ stream: ${quote(from)} }`).join('\n      ')}
    ]
  }
  RT {
    # Of each connection; the server does not look at these limits in what the auth callout answers.
    limits { max_subscriptions: ${limits.RUNTIME_MAX_SUBSCRIPTIONS}, max_payload: ${limits.BUS_PAYLOAD_MAX_BYTES} }
    imports: [
      ${RUNTIME_IMPORTS.services.map((entry) => importOf('service', entry)).join('\n      ')}
      ${RUNTIME_IMPORTS.streams.map((entry) => importOf('stream', entry)).join('\n      ')}
    ]
  }
  AUTH { users: [ { nkey: ${keys.auth.publicKey} } ] }
  SYS { users: [ { nkey: ${keys.sys.publicKey} } ] }
}
system_account: SYS
authorization {
  timeout: ${CALLOUT_TIMEOUT_S}
  auth_callout {
    issuer: ${keys.calloutIssuer.publicKey}
    account: AUTH
    auth_users: [ ${staticUsers(keys).join(', ')} ]
  }
}
`;
}

/** A JSON string is a string of the configuration's grammar too. */
const quote = (text: string): string => JSON.stringify(text);
const list = (subjects: readonly string[]): string => `[ ${subjects.map(quote).join(', ')} ]`;

function userWith(
  key: NatsKeys['relay'],
  rights: { [K in keyof Rights]: readonly string[] },
  serves: boolean,
): string {
  const responses = serves ? `\n        allow_responses: { max: 1, expires: "${RESPONSE_EXPIRY}" }` : '';
  return `{ nkey: ${key.publicKey}, permissions: {
        publish: { allow: ${list(rights.publish)} }
        subscribe: { allow: ${list(rights.subscribe)} }${responses}
      } }`;
}

function importOf(kind: 'service' | 'stream', { from, as }: { from: string; as?: string }): string {
  const to = as ? `, to: ${quote(as)}` : '';
  return `{ ${kind}: { account: APP, subject: ${quote(from)} }${to} }`;
}

/** Those whom the server knows itself; everyone else is asked for at the callout. */
const staticUsers = (keys: NatsKeys): string[] =>
  [
    keys.relay,
    keys.chat,
    keys.scheduler,
    keys.setup,
    keys.operator,
    keys.vmOperator,
    keys.sys,
    keys.auth,
  ].map(({ publicKey }) => publicKey);
