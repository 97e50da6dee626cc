import { isLoopback } from './host.ts';
import type { SystemInfo } from './system.ts';

/** The block that tells a person where everything is. */
export function describeSystem(info: SystemInfo, host: string): string {
  const nats = `nats --server ${info.nats} --nkey ${info.natsOperatorNkey}`;
  const signIn = isLoopback(host)
    ? ''
    : '\n                The page can be reached from elsewhere: nobody is signed in without a password.';
  return `
  Semibot is ready

    Page        ${info.url}${signIn}
    NATS        ${info.nats}
                ${nats} sub 'events.>'
    PostgreSQL  ${info.postgres}
    Logs        ${info.logs}

  Ctrl-C stops it; all is kept for the next start.
`;
}
