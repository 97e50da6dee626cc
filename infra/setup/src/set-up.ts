import { applyStreams, connectBus } from '@semibot/bus';
import { inboxPrefix } from '@semibot/protocol';
import type { Logger } from '@semibot/service';
import { applyMigrations } from './apply-migrations.ts';

export interface SetUpOptions {
  databaseUrl: string;
  natsUrl: string;
  /** Of the bus's user `setup`, who alone may change streams. */
  nkeySeed: string;
  /** Copies of each stream: 1, or 3 on a cluster. */
  replicas?: number;
  logger: Logger;
}

/** Makes the database's tables and the bus's streams equal to what the code says; harmless when they are. */
export async function setUp({
  databaseUrl,
  natsUrl,
  nkeySeed,
  replicas,
  logger,
}: SetUpOptions): Promise<void> {
  const bus = await connectBus({
    servers: natsUrl,
    name: 'setup',
    inboxPrefix: inboxPrefix('setup'),
    nkeySeed,
    logger,
  });
  try {
    const [applied] = await Promise.all([
      applyMigrations(databaseUrl),
      applyStreams(bus, replicas === undefined ? {} : { replicas }),
    ]);
    logger.info({ migrations: applied }, 'database is up to date');
  } finally {
    await bus.close();
  }
}
