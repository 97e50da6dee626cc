import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bus, connectBus } from '@semibot/bus';
import type { LocalSystem } from '@semibot/local';
import { inboxPrefix } from '@semibot/protocol';
import { z } from 'zod';

const secretsSchema = z.object({ nats: z.record(z.string(), z.object({ seed: z.string() })) });

/** A connection to the system's bus with the rights of one of its users, as `setup`, `operator` or `sys`. */
export async function connectTo(system: LocalSystem, user: 'setup' | 'operator' | 'sys'): Promise<Bus> {
  const secrets = JSON.parse(await readFile(join(system.data, 'secrets', 'secrets.json'), 'utf8'));
  return await connectBus({
    servers: system.nats,
    name: `test-${user}`,
    inboxPrefix: inboxPrefix(user),
    nkeySeed: secretsSchema.parse(secrets).nats[user]?.seed ?? '',
    logger: { info() {}, warn() {}, error() {} },
  });
}
