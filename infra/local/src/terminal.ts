import type { SystemInfo } from './system.ts';

/** The block that tells a person where everything is. */
export function describeSystem(info: SystemInfo): string {
  const nats = `nats --server ${info.nats} --nkey ${info.natsOperatorNkey}`;
  return `
  Semibot is ready

    Page        ${info.url}
    NATS        ${info.nats}
                ${nats} sub 'events.>'
    PostgreSQL  ${info.postgres}
    Logs        ${info.logs}

  Ctrl-C stops it; all is kept for the next start.
`;
}
