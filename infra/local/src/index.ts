export { CHROMIUM_ADVICE, findChromium } from './chromium.ts';
export { type StartedNats, startNats } from './nats.ts';
export { generateNatsKeys, type NatsKeys } from './nats-keys.ts';
export { findNatsServer } from './nats-server.ts';
export { type StartedPostgres, startPostgres } from './postgres.ts';
export { type LocalSystem, type StartLocalOptions, startLocal } from './start-local.ts';
