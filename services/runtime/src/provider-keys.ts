import { createCurve } from '@nats-io/nkeys';
import {
  checkMessage,
  decodeJson,
  type ProviderKeys,
  providerKeysSchema,
  type SealedKeys,
  SemibotError,
} from '@semibot/protocol';

/** The providers' keys, in this process's memory alone. */
export interface KeyRing {
  /** The public curve key to which they are to be sealed. */
  readonly curveKey: string;
  /** Opens what was sealed to this process; throws MALFORMED_MESSAGE where it was sealed to another. */
  unseal(sealed: SealedKeys): void;
  /** Holds none any more. */
  forget(): void;
  keys(): ProviderKeys;
}

/** An empty ring with a curve key of its own. */
export function createKeyRing(): KeyRing {
  const curve = createCurve();
  let keys: ProviderKeys = {};
  return {
    curveKey: curve.getPublicKey(),
    unseal({ data, from }) {
      const opened = curve.open(Buffer.from(data, 'base64'), from);
      if (!opened)
        throw new SemibotError('MALFORMED_MESSAGE', { message: 'The provider keys are sealed to another.' });
      keys = checkMessage(providerKeysSchema, decodeJson(opened), 'provider keys');
    },
    forget() {
      keys = {};
    },
    keys: () => keys,
  };
}
