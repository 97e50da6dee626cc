import { type Bus, mayAnswer, startMicroService } from '@semibot/bus';
import { limits, type renewedTokenSchema, renewTokenMessage, SemibotError } from '@semibot/protocol';
import type { z } from 'zod';
import { type Database, whileSomeoneWaits } from '../store/database.ts';
import { OVER } from '../store/instances.ts';
import { signVmToken } from './vm-token.ts';

/**
 * Gives runtimes that are on the bus newer tokens, which they show when they come back after a break. The server lets
 * a runtime ask under its own user only; one that was replaced is told FORBIDDEN.
 */
export function serveTokenRenewal({ bus, db, jwtSecret }: { bus: Bus; db: Database; jwtSecret: string }) {
  async function renew(subject: string, data: Uint8Array): Promise<z.input<typeof renewedTokenSchema>> {
    const userId = renewTokenMessage.parse(subject)?.user ?? '';
    const { instanceId, bootId } = renewTokenMessage.decode(data);
    const instance = await db
      .selectFrom('userVmInstances')
      .select('orgId')
      .where('id', '=', instanceId)
      .where('userId', '=', userId)
      .where('bootId', '=', bootId)
      .where('connectionId', 'is not', null)
      .where('status', 'not in', OVER)
      .executeTakeFirst();
    if (!instance) throw new SemibotError('FORBIDDEN', { message: 'This runtime is not the current one.' });
    return {
      token: signVmToken({ userId, orgId: instance.orgId, instanceId }, jwtSecret),
      expiresInMs: limits.VM_TOKEN_LIFETIME_S * 1000,
    };
  }

  return startMicroService(
    bus,
    { name: 'scheduler-tokens', description: 'Newer tokens for runtimes that are on the bus.' },
    [
      {
        name: 'renew',
        subject: renewTokenMessage.filter(),
        description: renewTokenMessage.description,
        mayAnswer: ({ subject, reply }) => mayAnswer(reply, renewTokenMessage.parse(subject)?.user ?? ''),
        answer: async ({ subject, data }) =>
          JSON.stringify({ ok: true, result: await whileSomeoneWaits(() => renew(subject, data)) }),
      },
    ],
  );
}
