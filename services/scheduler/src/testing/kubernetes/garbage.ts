import { RESOURCES } from './api-object.ts';
import type { ObjectStore } from './object-store.ts';

/** What belongs to an object goes with it, a moment later. Gives back how to stop that. */
export function collectGarbage(store: ObjectStore): () => void {
  return store.listen(({ type, object }) => {
    if (type === 'DELETED') setImmediate(() => removeOwned(store, object.metadata.uid));
  });
}

function removeOwned(store: ObjectStore, ownerUid: string | undefined): void {
  for (const resource of RESOURCES)
    for (const object of store.list(resource))
      if (object.metadata.ownerReferences?.some(({ uid }) => uid === ownerUid))
        store.remove(resource, object);
}
