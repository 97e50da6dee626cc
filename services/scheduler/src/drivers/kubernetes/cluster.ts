import type { Middleware, V1PersistentVolumeClaim, V1Pod, V1Secret } from '@kubernetes/client-node';
import { ConfigError } from '@semibot/service';
import { ClusterError } from './cluster-error.ts';

/** An API server that has not answered a call by then is as good as away. */
const CALL_TIMEOUT_MS = 10_000;
/**
 * How long a watch is asked to last, in seconds. The client gives one up after 30 s in which nothing came; the server
 * ends it earlier with a bookmark, so that a cut connection is the only one that is ever given up.
 */
const WATCH_S = 25;

/** What the client takes where it finds nothing. */
const NO_CLUSTER = 'http://localhost:8080';

/** A change to a pod; `version` is how far the watch has come with it. */
export type PodEvent = { type: 'changed' | 'deleted'; pod: V1Pod; version: string };

/** The calls on the Kubernetes API that the driver makes, in one namespace. All reject with ClusterError. */
export interface Cluster {
  createPod(pod: V1Pod): Promise<V1Pod>;
  /** Null where there is none. */
  readPod(name: string): Promise<V1Pod | null>;
  /** With no grace given the pod has its own. False where there was none. */
  deletePod(name: string, graceSeconds?: number): Promise<boolean>;
  listPods(selector: string): Promise<{ pods: V1Pod[]; version: string }>;
  /**
   * Tells of changes after a version until the watch ends, as it does now and then. Resolves with the version to go
   * on from; null where the server does not remember that far back.
   */
  watchPods(
    selector: string,
    version: string,
    onEvent: (event: PodEvent) => void,
    signal: AbortSignal,
  ): Promise<string | null>;
  /** One that is there already stays as it is. */
  createClaim(claim: V1PersistentVolumeClaim): Promise<void>;
  createSecret(secret: V1Secret): Promise<void>;
}

/**
 * The cluster that kubectl would use from here: of KUBECONFIG, of the home folder's configuration, or the one that
 * this process itself runs in. The client is big, so it is loaded only here.
 */
export async function connectCluster(namespace: string, kubeconfig?: string): Promise<Cluster> {
  const { CoreV1Api, KubeConfig, ServerConfiguration, Watch, createConfiguration } = await import(
    '@kubernetes/client-node'
  );
  const config = new KubeConfig();
  if (kubeconfig === undefined) config.loadFromDefault();
  else config.loadFromString(kubeconfig);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined || server === NO_CLUSTER)
    throw new ConfigError([
      {
        variable: 'KUBECONFIG',
        problem: 'is needed where VM_DRIVER is kubernetes: no cluster is found without it',
      },
    ]);
  const api = new CoreV1Api(
    createConfiguration({
      baseServer: new ServerConfiguration(server, {}),
      authMethods: { default: config },
      promiseMiddleware: [timeouts],
    }),
  );

  /** Makes a call; `or` is what an answer of that status stands for. */
  async function call<T>(work: () => Promise<T>, or?: { code: number; value: T }): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const failure = ClusterError.from(error);
      if (or && failure.code === or.code) return or.value;
      throw failure;
    }
  }

  return {
    createPod: (body) => call(() => api.createNamespacedPod({ namespace, body })),
    readPod: (name) =>
      call<V1Pod | null>(() => api.readNamespacedPod({ namespace, name }), { code: 404, value: null }),
    deletePod: (name, gracePeriodSeconds) =>
      call(
        async () => {
          const grace = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
          await api.deleteNamespacedPod({ namespace, name, ...grace });
          return true;
        },
        { code: 404, value: false },
      ),
    listPods: (labelSelector) =>
      call(async () => {
        const { items, metadata } = await api.listNamespacedPod({ namespace, labelSelector });
        return { pods: items, version: metadata?.resourceVersion ?? '' };
      }),
    createClaim: (body) =>
      call(async () => void (await api.createNamespacedPersistentVolumeClaim({ namespace, body })), {
        code: 409,
        value: undefined,
      }),
    createSecret: (body) => call(async () => void (await api.createNamespacedSecret({ namespace, body }))),

    async watchPods(labelSelector, version, onEvent, signal) {
      signal.throwIfAborted();
      const { promise: over, resolve, reject } = Promise.withResolvers<void>();
      let reached: string | null = version;
      const request = await new Watch(config).watch(
        `/api/v1/namespaces/${namespace}/pods`,
        { labelSelector, resourceVersion: version, allowWatchBookmarks: true, timeoutSeconds: WATCH_S },
        (type: string, object: V1Pod & { code?: number }) => {
          if (type === 'ERROR') {
            if (object.code === 410) reached = null;
            return;
          }
          const at = object.metadata?.resourceVersion;
          if (at === undefined) return;
          reached = at;
          if (type === 'ADDED' || type === 'MODIFIED') onEvent({ type: 'changed', pod: object, version: at });
          if (type === 'DELETED') onEvent({ type: 'deleted', pod: object, version: at });
        },
        (error: unknown) => (error ? reject(error) : resolve()),
      );
      const stop = (): void => request.abort(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
      try {
        await over;
        return reached;
      } catch (error) {
        if (statusOf(error) === 410) return null;
        throw ClusterError.from(error);
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
  };
}

const timeouts: Middleware = {
  async pre(context) {
    context.setSignal(AbortSignal.timeout(CALL_TIMEOUT_MS));
    return context;
  },
  post: async (context) => context,
};

const statusOf = (error: unknown): unknown =>
  error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
