import { randomUUID } from 'node:crypto';
import type { ApiObject, Resource } from './api-object.ts';
import { alreadyExists, expired, notFound } from './api-status.ts';

export interface StoreEvent {
  version: number;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  resource: Resource;
  object: ApiObject;
}

/** The objects, every change to them numbered, and the changes of late for those who watch. */
export interface ObjectStore {
  /** The number of the last change. */
  readonly version: number;
  /** Throws AlreadyExists. */
  create(resource: Resource, object: ApiObject): ApiObject;
  /** Throws NotFound. */
  get(resource: Resource, namespace: string, name: string): ApiObject;
  find(resource: Resource, namespace: string, name: string): ApiObject | null;
  /** With no namespace: of all. */
  list(resource: Resource, namespace?: string): ApiObject[];
  /** Changes an object, if it is still there with this uid. */
  update(resource: Resource, object: ApiObject, change: (draft: ApiObject) => void): ApiObject | null;
  /** Takes the object away for good. */
  remove(resource: Resource, object: ApiObject): void;
  /** The changes after a version. Throws Expired where they are forgotten. */
  since(version: number): StoreEvent[];
  /** Calls the listener at every change from now on. Gives back how to stop it. */
  listen(listener: (event: StoreEvent) => void): () => void;
  /** Forgets all changes up to now, as etcd does every five minutes. */
  compact(): void;
}

export function createObjectStore(): ObjectStore {
  const objects = new Map<string, ApiObject>();
  const listeners = new Set<(event: StoreEvent) => void>();
  let history: StoreEvent[] = [];
  // No server begins at 0, which as a version means `whatever there is`.
  let version = 1;
  let oldest = version;

  const keyOf = (resource: Resource, namespace: string, name: string): string =>
    `${resource.plural}/${resource.namespaced ? namespace : ''}/${name}`;
  const keyOfObject = (resource: Resource, { metadata }: ApiObject): string =>
    keyOf(resource, metadata.namespace ?? '', metadata.name);

  /** Writes a change down before anyone hears of it. */
  function note(type: StoreEvent['type'], resource: Resource, object: ApiObject): ApiObject {
    version += 1;
    const noted = structuredClone(object);
    noted.metadata.resourceVersion = String(version);
    const key = keyOfObject(resource, noted);
    if (type === 'DELETED') objects.delete(key);
    else objects.set(key, noted);
    const event = { version, type, resource, object: noted };
    history.push(event);
    for (const listener of [...listeners]) listener(event);
    return noted;
  }

  const find: ObjectStore['find'] = (resource, namespace, name) =>
    objects.get(keyOf(resource, namespace, name)) ?? null;

  return {
    get version() {
      return version;
    },
    create(resource, object) {
      if (objects.has(keyOfObject(resource, object)))
        throw alreadyExists(resource.plural, object.metadata.name);
      const fresh = structuredClone(object);
      fresh.metadata.uid = randomUUID();
      fresh.metadata.creationTimestamp = now();
      return note('ADDED', resource, fresh);
    },
    get(resource, namespace, name) {
      const found = find(resource, namespace, name);
      if (!found) throw notFound(resource.plural, name);
      return found;
    },
    find,
    list(resource, namespace) {
      const prefix = namespace === undefined ? `${resource.plural}/` : keyOf(resource, namespace, '');
      return [...objects].filter(([key]) => key.startsWith(prefix)).map(([, object]) => object);
    },
    update(resource, { metadata }, change) {
      const current = find(resource, metadata.namespace ?? '', metadata.name);
      if (!current || current.metadata.uid !== metadata.uid) return null;
      const draft = structuredClone(current);
      change(draft);
      return note('MODIFIED', resource, draft);
    },
    remove(resource, object) {
      const current = objects.get(keyOfObject(resource, object));
      if (current && current.metadata.uid === object.metadata.uid) note('DELETED', resource, current);
    },
    since(asked) {
      if (asked < oldest) throw expired(asked, oldest);
      return history.filter((event) => event.version > asked);
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    compact() {
      history = [];
      oldest = version;
    },
  };
}

/** The time as the API writes it, in whole seconds. */
export const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z');
