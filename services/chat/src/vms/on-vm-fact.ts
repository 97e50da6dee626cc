import { type Delivery, done, type Outcome, reject } from '@semibot/bus';
import { vmFactSubject, vmFrozenMessage, vmGoneMessage, vmReadyMessage } from '@semibot/protocol';
import type { ChatWork } from '../work.ts';

/** A runtime has come, sleeps, or is no more. */
export async function onVmFact({ dispatcher }: ChatWork, { subject, data }: Delivery): Promise<Outcome> {
  // The server's own marker of a key's end is no fact.
  if (data.length === 0) return done;
  const fact = vmFactSubject(subject);
  const ready = vmReadyMessage.parse(fact);
  if (ready) {
    await dispatcher.runtimeReady(ready.user, vmReadyMessage.decode(data).bootId);
    return done;
  }
  const frozen = vmFrozenMessage.parse(fact);
  if (frozen) {
    // A run that was handed to it as it fell asleep is taken back, and goes to whoever is ready next.
    await dispatcher.runtimeGone(frozen.user, vmFrozenMessage.decode(data).bootId);
    return done;
  }
  const gone = vmGoneMessage.parse(fact);
  if (gone) {
    await dispatcher.runtimeGone(gone.user, vmGoneMessage.decode(data).bootId);
    return done;
  }
  return reject(`no fact that chat knows: ${subject}`);
}
