import { SemibotError } from '@semibot/protocol';
import type { OpenModel } from '../models/model.ts';
import type { Adapter, FindAdapter } from './adapter.ts';
import { createSemigraph } from './semigraph.ts';

/** The runtime types that this runtime knows. */
export function createAdapters(openModel: OpenModel): FindAdapter {
  const adapters = new Map<string, Adapter>([['semigraph', createSemigraph(openModel)]]);
  return (runtimeType) => {
    const adapter = adapters.get(runtimeType);
    if (!adapter) throw new SemibotError('RUNTIME_TYPE_UNKNOWN');
    return adapter;
  };
}
