import { connectBus, endpoint, readEpoch, serveRoutes } from '@semibot/bus';
import { formatCursor, inboxPrefix, SemibotError, sessionPosition } from '@semibot/protocol';
import { z } from 'zod';

/** Chat's part in the bench: whoever asks may follow any session, from its beginning. */
const env = z.object({ NATS_URL: z.string(), NATS_NKEY_SEED: z.string() }).parse(process.env);
const silent = { info() {}, warn() {}, error() {} };
const bus = await connectBus({
  servers: env.NATS_URL,
  name: 'bench-responder',
  inboxPrefix: inboxPrefix('chat'),
  nkeySeed: env.NATS_NKEY_SEED,
  logger: silent,
});
const cursor = formatCursor(await readEpoch(bus), 0);
await serveRoutes(bus, { name: 'chat', description: 'grants every reader of the bench' }, [
  endpoint(sessionPosition, async ({ identity }) => {
    if (!identity) throw new SemibotError('NOT_FOUND');
    return { data: { userId: identity.userId, cursor } };
  }),
]);
process.stdout.write(`${JSON.stringify({ msg: 'listening', port: 1 })}\n`);
