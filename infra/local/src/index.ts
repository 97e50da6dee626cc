export { CHROMIUM_ADVICE, findChromium } from './chromium.ts';
export { type StartedNats, startNats } from './nats/nats.ts';
export { generateNatsKeys, type NatsKeys } from './nats/nats-keys.ts';
export { findNatsServer } from './nats/nats-server.ts';
export { type StartedPostgres, startPostgres } from './postgres/postgres.ts';
export { type LocalSystem, type StartLocalOptions, startLocal } from './start-local.ts';
