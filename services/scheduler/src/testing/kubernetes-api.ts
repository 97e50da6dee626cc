import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Account, mayDo } from './kubernetes/access.ts';
import { checkObject } from './kubernetes/admission.ts';
import { type ApiObject, RESOURCES, type Resource } from './kubernetes/api-object.ts';
import { type ApiRequest, labelSelector, readObject, readRequest } from './kubernetes/api-request.ts';
import { ApiStatus, badRequest, notFound } from './kubernetes/api-status.ts';
import type { RunningContainer } from './kubernetes/containers.ts';
import { withDefaults } from './kubernetes/defaults.ts';
import { collectGarbage } from './kubernetes/garbage.ts';
import { createKubelet, isOver, type Kubelet } from './kubernetes/kubelet.ts';
import { createObjectStore, now, type ObjectStore } from './kubernetes/object-store.ts';
import { podSpecOf } from './kubernetes/pod.ts';
import { checkPod, checkPodSecurity, checkQuota } from './kubernetes/pod-admission.ts';
import { createWatchStreams } from './kubernetes/watch-streams.ts';

const TOKEN = 'token-of-the-service-account';
const WATCH_TIMEOUT_S = 300;

export interface KubernetesApiOptions {
  /** What has been applied to the cluster; each is checked as the API would check it. */
  manifests: readonly ApiObject[];
  /** Who asks. What it may do is in the manifests' roles. */
  account: Account;
  /** Where volumes and logs are. */
  dir: string;
  /** The images that can be pulled: the program that each runs, with its arguments. */
  images: Record<string, readonly string[]>;
}

/**
 * A Kubernetes API server with a node behind it, for tests: the paths, verbs and answers of the real one, as far as
 * the driver uses them, with roles, quotas, Pod Security, validation, versions, watches and finalization. Each pod's
 * container runs as a process of this machine; images are names of programs.
 */
export interface KubernetesApi extends AsyncDisposable {
  /** For kubectl and its like. */
  kubeconfig: string;
  store: ObjectStore;
  /** What was asked for, each as `verb resource`. */
  calls: Set<string>;
  node: Kubelet;
  /** How many watches are open. */
  readonly watches: number;
  /** The object of that kind, if there is one. */
  find(plural: string, namespace: string, name: string): ApiObject | null;
  list(plural: string, namespace: string): ApiObject[];
  containerOf(namespace: string, pod: string): RunningContainer | null;
  /** Takes a pod away as an operator does, at once. */
  deletePod(namespace: string, name: string): void;
  /** Breaks all watches in the middle of a line. */
  cutWatches(): void;
  /** Refuses connections until it is resumed. */
  suspend(): Promise<void>;
  resume(): Promise<void>;
}

export async function startKubernetesApi(options: KubernetesApiOptions): Promise<KubernetesApi> {
  const { manifests, account, dir, images } = options;
  const store = createObjectStore();
  const node = createKubelet({ store, dir, images });
  const streams = createWatchStreams(store);
  const calls = new Set<string>();
  const sockets = new Set<Socket>();

  for (const manifest of manifests) {
    checkObject(manifest);
    store.create(resourceOf(manifest.kind), manifest);
  }

  const list = (plural: string, namespace: string): ApiObject[] => store.list(pluralOf(plural), namespace);
  const find = (plural: string, namespace: string, name: string): ApiObject | null =>
    store.find(pluralOf(plural), namespace, name);

  function authorize({ verb, resource, namespace, name }: ApiRequest): void {
    const { plural, apiVersion } = resource;
    calls.add(`${verb} ${plural}`);
    const group = apiVersion.includes('/') ? (apiVersion.split('/', 1)[0] ?? '') : '';
    const asked = { verb, plural, group, name };
    if (mayDo(account, asked, list('roles', namespace), list('rolebindings', namespace))) return;
    const user = `system:serviceaccount:${account.namespace}:${account.name}`;
    const what = name ? `${plural} "${name}" is` : `${plural} is`;
    throw new ApiStatus(
      403,
      'Forbidden',
      `${what} forbidden: User "${user}" cannot ${verb} resource "${plural}" in API group "${group}" in the namespace "${namespace}"`,
    );
  }

  function create({ resource, namespace }: ApiRequest, object: ApiObject): ApiObject {
    const home = find('namespaces', '', namespace);
    if (!home) throw notFound('namespaces', namespace);
    checkObject(object);
    if (resource.kind === 'Pod') {
      checkPod(object);
      checkPodSecurity(object, home);
    }
    if (store.find(resource, namespace, object.metadata.name) === null)
      for (const quota of list('resourcequotas', namespace)) {
        const used = store.list(resource, namespace).filter((one) => !isOver(one));
        checkQuota(resource.kind, resource.plural, object, quota, used);
      }
    return store.create(resource, withDefaults(object));
  }

  function remove({ resource, namespace, name, query }: ApiRequest): ApiObject {
    const object = store.get(resource, namespace, name);
    if (resource.kind !== 'Pod') {
      store.remove(resource, object);
      return object;
    }
    const { terminationGracePeriodSeconds } = podSpecOf(object);
    const grace = Number(query.get('gracePeriodSeconds') ?? terminationGracePeriodSeconds);
    // Without grace, or with nothing that could use it, the pod is gone at once, whatever its node says.
    if (grace === 0 || !node.containerOf(object)) {
      store.remove(resource, object);
      return object;
    }
    const leaving = store.update(resource, object, ({ metadata }) => {
      metadata.deletionTimestamp ??= now();
      metadata.deletionGracePeriodSeconds = grace;
    });
    node.stop(object, grace);
    return leaving ?? object;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers.authorization !== `Bearer ${TOKEN}`)
      throw new ApiStatus(401, 'Unauthorized', 'Unauthorized');
    const asked = readRequest(request);
    authorize(asked);
    const { verb, resource, namespace, name, query } = asked;
    if (verb === 'get') return respond(response, 200, store.get(resource, namespace, name));
    if (verb === 'create') return respond(response, 201, create(asked, await readObject(request, asked)));
    if (verb === 'delete') return respond(response, 200, remove(asked));
    const selects = labelSelector(query.get('labelSelector'));
    if (verb === 'list')
      return respond(response, 200, {
        kind: `${resource.kind}List`,
        apiVersion: resource.apiVersion,
        metadata: { resourceVersion: String(store.version) },
        items: store.list(resource, namespace).filter(selects),
      });
    streams.serve(
      {
        resource,
        wants: (object) => object.metadata.namespace === namespace && selects(object),
        after: versionOf(query.get('resourceVersion')),
        timeoutSeconds: Number(query.get('timeoutSeconds') ?? WATCH_TIMEOUT_S),
        bookmarks: query.get('allowWatchBookmarks') === 'true',
      },
      response,
    );
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const status = error instanceof ApiStatus ? error : new ApiStatus(500, 'InternalError', String(error));
      respond(response, status.code, status.body());
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  await listen(0);
  const { port } = addressOf(server.address());

  const leaveGarbage = collectGarbage(store);

  const suspend = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });

  return {
    kubeconfig: kubeconfigFor(`http://127.0.0.1:${port}`),
    store,
    calls,
    node,
    get watches() {
      return streams.open;
    },
    find,
    list,
    containerOf(namespace, pod) {
      const found = find('pods', namespace, pod);
      return found && node.containerOf(found);
    },
    deletePod(namespace, name) {
      const pods = pluralOf('pods');
      store.remove(pods, store.get(pods, namespace, name));
    },
    cutWatches: streams.cut,
    suspend,
    resume: () => listen(port),
    async [Symbol.asyncDispose]() {
      leaveGarbage();
      await suspend();
      await node.close();
    },
  };
}

/** 0 and none mean: from whatever there is. */
function versionOf(text: string | null): number | null {
  if (!text || text === '0') return null;
  if (!/^\d+$/.test(text)) throw badRequest(`Invalid value: "${text}": strconv.ParseUint: invalid syntax`);
  return Number(text);
}

function respond(response: ServerResponse, code: number, body: object): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function resourceOf(kind: string): Resource {
  const resource = RESOURCES.find((one) => one.kind === kind);
  if (!resource) throw badRequest(`no matches for kind "${kind}"`);
  return resource;
}

function pluralOf(plural: string): Resource {
  const resource = RESOURCES.find((one) => one.plural === plural);
  if (!resource) throw badRequest(`the server doesn't have a resource type "${plural}"`);
  return resource;
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
  return address;
}

const kubeconfigFor = (server: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: { token: TOKEN } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  });
