import { type ServiceMsg, Svcm } from '@nats-io/services';
import { SemibotError } from '@semibot/protocol';
import type { Bus } from './connect.ts';

/** A service as `nats micro ls` shows it. */
export interface ServiceRecord {
  name: string;
  description: string;
}

/** One of its endpoints. */
export interface MicroEndpoint {
  name: string;
  subject: string;
  description: string;
  /** Whether an answer may go to this subject: a request can name any, and the server does not check it. */
  mayAnswer(message: ServiceMsg): boolean;
  /** The answer as JSON; throws a SemibotError that the caller may see. */
  answer(message: ServiceMsg): Promise<string>;
}

/** Serves endpoints as a NATS micro service; its instances share the calls. A failure is told and counted as such. */
export async function startMicroService(
  bus: Bus,
  service: ServiceRecord,
  endpoints: MicroEndpoint[],
): Promise<{ close(): Promise<void> }> {
  const micro = await new Svcm(bus.nc).add({ ...service, version: '0.1.0', queue: service.name });
  const underWay = new Set<Promise<void>>();

  async function serve(served: MicroEndpoint, message: ServiceMsg): Promise<void> {
    const { subject, reply } = message;
    if (!served.mayAnswer(message)) {
      bus.logger.warn({ subject, reply }, "call that names no inbox of the caller's own, not answered");
      return;
    }
    try {
      message.respond(await served.answer(message));
    } catch (thrown) {
      const error = SemibotError.from(thrown);
      if (error.status >= 500) bus.logger.error({ err: thrown, subject }, 'call failed');
      const answer = JSON.stringify({ ok: false, error: error.toBody() });
      message.respondError(error.status, error.code, answer);
    }
  }

  for (const served of endpoints) {
    micro.addEndpoint(served.name, {
      subject: served.subject,
      metadata: { description: served.description },
      handler: (error, message) => {
        if (error) return;
        const work = serve(served, message).finally(() => underWay.delete(work));
        underWay.add(work);
      },
    });
  }
  await bus.nc.flush();
  return {
    close: async () => {
      await micro.stop();
      await Promise.allSettled(underWay);
    },
  };
}
